//! Writes small archives for tests: whatever header a test wants, and what 7-Zip made, in hexadecimal.

use super::lock::{Key, Lock};
use super::record::{SIGNATURE, START};
use cbc::cipher::{Array, BlockModeEncrypt, KeyIvInit};

/// Made by 7-Zip: LZMA, a packed header, `資料/figures.txt` and `note.js` in one folder, `empty.exe`, two
/// directories.
pub(super) const OPEN: &str = "377abcaf271c0004661cd2c2be000000000000002100000000000000eba2c892e0005700475d003b184aa627be8c509466e6\
3b8ac24acde730a7595e5e9255763464741aedf54552996853c54ee22d3e3de28d935bdcdc59c23bad95acb277a44762dcb5\
969daa37be7c0310db80000000813307ae0fd2b488bd40c090d2ff7d694d8804aca908a2567c33fdd3da41bdeaacc4ced174\
0e96bb1d6aefe658151c046f44b131ed696485ea444444a5dcec325b1db4dc1e8c05363ce1c793fa83c4ec707135b6d97b3f\
d886e7f8b49ae0efffd6d31352269011d4498988470017064f01096f00070b01000123030101055d001000000c80840a0152\
53200e0000";

/// Made by 7-Zip: `note.js`, header and content encrypted with the password `ひらけ747`.
pub(super) const SHUT: &str = "377abcaf271c0004e0d74c1a90000000000000002e00000000000000ee9681560a63ec61313863745a3a29c9e2103375b9af\
525446f71df5a308ee2f63cf252c1859947740a54c21b507e843b18531ce9ba10c121006fd60c7d6c01ebcc2a950814437ca\
7c1de896a23eb70d69207f5ef319a0bcbb9541f894a859de1bc704f0e802665596e74978b257ad853316579b9ec7aabfcee2\
cb4eef291cf71176c11a6f2d726dad29af3d2d75aaa5f0b47d9617063001096000070b0100012406f1070112530fff0b0e1b\
ebbd3693e4ad763f2fff0bca0c520a01f04e7d110000";

/// Made by 7-Zip: two files in one folder, encrypted with the password `tana-2024`, their names open.
pub(super) const NAMED: &str = "377abcaf271c00042b90877fc5000000000000002100000000000000d6e0abdef7e697ca0588181ebab8a127619e515a8f6f\
fd7c75b9e7455b9f5fd85f79eca3cf433a1bf37651bca7580624c8328503d005498a003b52fc780633abdd727e828c401bc6\
7cea567a613dd204bd5f2f560000813307ae0fd2c16ffd40bb94643b39a47ae76a226d318ab747c39f3cc8b9e1e333373eb8\
b2ab13209e64aa7c43844a81e8df1424bf9e809c02365664f1d1fd83762914458664c63cc7c8b5b78bb7d76839697fb31844\
9e6c312102891d073df8f0edaac9c9f7040358e5e37741981a8f24140017065001097500070b01000123030101055d001000\
000c80800a01bc1868820000";

/// The bytes of hexadecimal digits.
pub(super) fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

/// An archive of packed data and a header.
pub(super) fn archive(packed: &[u8], header: &[u8]) -> Vec<u8> {
    let fields = [
        &(packed.len() as u64).to_le_bytes()[..],
        &(header.len() as u64).to_le_bytes(),
        &crc32fast::hash(header).to_le_bytes(),
    ]
    .concat();
    let start = [&SIGNATURE[..], &[0, 4], &crc32fast::hash(&fields).to_le_bytes(), &fields].concat();
    assert_eq!(start.len(), START);
    [&start, packed, header].concat()
}

/// A number in its longest form.
pub(super) fn number(value: u64) -> Vec<u8> {
    [&[0xff][..], &value.to_le_bytes()].concat()
}

/// What one folder holds, and what its record says.
pub(super) struct Sample<'a> {
    pub(super) files: &'a [(&'a str, &'a [u8])],
    /// The record of the folder; the usual one only stores.
    pub(super) folder: Vec<u8>,
    /// The packed data, where they are not simply the files.
    pub(super) packed: Option<Vec<u8>>,
    /// Further properties of the files.
    pub(super) properties: Vec<u8>,
}

impl<'a> Sample<'a> {
    /// Files that are only stored.
    pub(super) fn of(files: &'a [(&'a str, &'a [u8])]) -> Self {
        Self { files, folder: vec![1, 1, 0], packed: None, properties: Vec::new() }
    }

    /// The same, encrypted under a password whose key costs next to nothing.
    pub(super) fn locked(files: &'a [(&'a str, &'a [u8])], password: &str) -> Self {
        let properties = [1 | 0x80, 0x30, 7, 7, 7, 7];
        let lock = Lock::read(&properties).unwrap();
        let text: Vec<u8> = password.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut plain = files.iter().flat_map(|(_, content)| content.to_vec()).collect::<Vec<u8>>();
        plain.extend(std::iter::repeat_n(0, plain.len().next_multiple_of(16) - plain.len()));
        let folder = [&[1, 0x24, 6, 0xf1, 7, 1, 6][..], &properties].concat();
        Self { folder, packed: Some(encrypt(&plain, &lock.key(&text))), ..Self::of(files) }
    }

    /// What the folder unpacks to.
    pub(super) fn plain(&self) -> Vec<u8> {
        self.files.iter().flat_map(|(_, content)| content.to_vec()).collect()
    }

    /// The streams of the archive.
    pub(super) fn streams(&self) -> Vec<u8> {
        let plain = self.plain();
        let packed = self.packed.as_ref().unwrap_or(&plain).len() as u64;
        let sizes: Vec<u8> =
            self.files.iter().rev().skip(1).rev().flat_map(|file| number(file.1.len() as u64)).collect();
        let crcs: Vec<u8> =
            self.files.iter().flat_map(|file| crc32fast::hash(file.1).to_le_bytes()).collect();
        [
            &[6, 0, 1, 9][..],
            &number(packed),
            &[0, 7, 11, 1, 0],
            &self.folder,
            &[12],
            &number(plain.len() as u64),
            &[0, 8, 13],
            &number(self.files.len() as u64),
            &[9],
            &sizes,
            &[10, 1],
            &crcs,
            &[0, 0],
        ]
        .concat()
    }

    /// The whole archive.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let names: Vec<u8> = self
            .files
            .iter()
            .flat_map(|(name, _)| name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes))
            .collect();
        let header = [
            &[1, 4][..],
            &self.streams(),
            &[5],
            &number(self.files.len() as u64),
            &[17],
            &number(names.len() as u64 + 1),
            &[0],
            &names,
            &self.properties,
            &[0, 0],
        ]
        .concat();
        archive(self.packed.as_ref().unwrap_or(&self.plain()), &header)
    }
}

fn encrypt(plain: &[u8], key: &Key) -> Vec<u8> {
    let mut bytes = plain.to_vec();
    let mut cipher: cbc::Encryptor<aes::Aes256> =
        cbc::Encryptor::new(&Array::from(*key), &Array::from([0; 16]));
    cipher.encrypt_blocks(Array::cast_slice_from_core_mut(bytes.as_chunks_mut::<16>().0));
    bytes
}
