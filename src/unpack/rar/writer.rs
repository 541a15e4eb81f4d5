//! Archives for tests: stored ones written here, packed ones as they came from the writer of the crate `rars`.

use super::lock::{Key, Keys, Lock, Pbkdf2};
use super::rebuilt::{new_header, old_header, vint};
use crate::limits::{Budget, Limits};
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};

/// The first file of the packed archives.
pub(super) fn first() -> Vec<u8> {
    b"the quarterly figures, ".repeat(40)
}

/// The second file of the packed archives, which are solid.
pub(super) fn second() -> Vec<u8> {
    [&b"once more: "[..], &b"the quarterly figures, ".repeat(30)].concat()
}

/// RAR 1.5.
pub(super) const RAR15_PLAIN: &str = "\
526172211a07003bd07308000d000000000000004d947a00c024001c0000001c0000000061b7a10c000000000f3004000000\
000052415253726172732f302e31322e330a6d61726b65722d736368656d613d310a0edc7400802500220000009803000000\
833364a7000000000f33050020000000612e7478740fb4f51e964f63ed6b2f4001097acc20b63680b21c40df37145079601e\
e05f311ef01a22741080250022000000bd0200000020784a20000000000f33050020000000622e74787407afb9ae08970684\
240dc11962898084c4300934c41269a641027569ffb817c8f960";

/// RAR 2.0.
pub(super) const RAR20_PLAIN: &str = "\
526172211a07003bd07308000d00000000000000bfdd7a00c024001c0000001c0000000061b7a10c00000000143004000000\
000052415253726172732f302e31322e330a6d61726b65722d736368656d613d310a0b1f74008025004c0000009803000000\
833364a7000000001433050020000000612e74787404000000008000000802ffffffffffffffffffffffffffffffffffffff\
ffffffd5fffffffffffffffff1d0d065101c4ea61391d0ca72361e440663499cea72329cc5820947c11a01008085e4553574\
1080250014000000bd0200000020784a20000000001433050020000000622e747874379b8c7087369be0ec7528f840f4a3e0\
8d010cb4";

/// RAR 3.
pub(super) const RAR29_PLAIN: &str = "\
526172211a07003bd07308000d000000000000002ee77a00c024001c0000001c0000000061b7a10c000000001d3004000000\
000052415253726172732f302e31322e330a6d61726b65722d736368656d613d310af9707420802500260000009803000000\
833364a7000000001d33050020000000612e747874a71873f26f2ce2d38f6b82453e08746cb7cac8efde792166a288730495\
295bc08303278c0000fb0c743080250014000000bd0200000020784a20000000001d33050020000000622e74787487bde8ee\
c2c35a3fa1bf5844f6433dd9c2285800";

/// RAR 5.
pub(super) const RAR50_PLAIN: &str = "\
526172211a070100dcde5e35030100049b5254561103061c041c0061b7a10c00000452415253726172732f302e31322e330a\
6d61726b65722d736368656d613d310a45d3d4fb380203232804980720833364a780030005612e747874220200b105864346\
3a474c3b75acf7e9aed41e576ec7e63da22c0eb2ad449c9948dce3c5ba25440423f840324af2022a651d3c66149c0503fd32\
5db66ba27c43d6d494d639fed231a19ff8295220a6380203232104bd052020784a20c0030005622e747874220200b6b8b602\
a248c515adedecc88313c598153289a4d7ffd0bd92100e4fc57e36a1c6821e33023fb324ae4764ee8798241fe963c1117eaa\
2bfd52a3c33d31b47c73ec19b23a3503050000";

/// RAR 3, locked with `747`.
pub(super) const RAR29_LOCKED: &str = "\
526172211a07003bd07308000d000000000000002ee77a00c024001c0000001c0000000061b7a10c000000001d3004000000\
000052415253726172732f302e31322e330a6d61726b65722d736368656d613d310affa27424842d00300000009803000000\
833364a7000000001d33050020000000612e74787487105737f6046642947fc83719464a54e5b190f81d23807ba8982efb80\
c38b88416c951472bcbac85a7481e027a722dc5ba25e1631c584f617df7434842d0020000000bd0200000020784a20000000\
001d33050020000000622e7478740afa30c7c9160a7fcd899f1f6b78b610985b9c4c4910d279fb4e8b652fb5c5de28250a30\
dd627fda";

/// RAR 5, locked with `747`.
pub(super) const RAR50_LOCKED: &str = "\
526172211a070100dcde5e35030100049b5254561103061c041c0061b7a10c00000452415253726172732f302e31322e330a\
6d61726b65722d736368656d613d310ae6c03d9d690203543004980720d13b37bd80030005612e747874300100030f8776cd\
ac90713a4314bc65ba0682901546198d5bc3457f54d4aee7925eb5729c05c32d7162650d8c3b36746522020053365388ab75\
cb906547ce7deaf23d7c3bf091d1b785d5f973539b5c4b70d8d252189790723be800a58f5bdb653a8221db932732db433815\
2cbd73232374ac42db8cd80f05e8a038bb00ff191d3f4cc01376d5a3690203543004bd0520f436cee8c0030005622e747874\
300100030fb263285910a627a7a50c3064d61d940c6f26c74af7484f4363cd54d3ba070230ce0bd01e7b7df53f3f5108cc22\
0200a03d0bb0bd42153fd2af561f41acad8bb7b986832022b423654961d0e90169a055869ebf51f7ded530e7c5ecf3e10b40\
0399003f09247b1769ade2b9793cd21b3a4be1ad850b72595dc11e7e0bdaf42c19b23a3503050000";

/// RAR 5, names and all locked with `747`.
pub(super) const RAR50_SHUT: &str = "\
526172211a070100b13aace021040000010f7622ac4998916700fa28e9e4caf1f3e69ac9274b16b0f5411822466d265d610d\
92b669ccbbdf64f9a46159628f6a02b84c8ba3fceda8933d9402884cd50a74cccb306b01a8af5f3ea8d9aebf37e73acc1a7d\
cd32ac3dcbd5bc183f8859649d3794a3b83334e9a291c9aee297726172732f302e31322e330a6d61726b65722d736368656d\
613d310aa0c4a47587a77d1a6fa47d41af91ddca9c59ffe52f7d4d1f53d9a92db36fac179c69aa2bd7668628c860a665e7f1\
32443cd6dd42be48b3b266ee61a4f391e24dce8640c0b3fb2b3183bd575d5fe60c36d19d97f5499ad4916a6d85c6fd8fb9d4\
2a1cff8aeecdb7a3202769d13646aba6672e22ccb0e1dea086eff8c7a77a599c40cd5138504d0e517af471c519a2fd12696d\
6057f78fb14e3f40b0f3763bb504f37d6de9f6acb9e29cb7ecba3db84897e60a2454ab5c04549892aa08b55144bad52cec2e\
40c6e9476623ecc37bd8585bf76c7837c825e4dc5f04a918685ae50cff1406fb47b058914d58928e782020e98ba3d8e4d84d\
153bc9cdb614dac30e555022368a62bc1203a36b7b0a8cd06dcf60a809e0a52246be22f0f335f385991803fe9da787cffb57\
ac1703da0c333cfd7c4a6832b75827f91000543749d6eee5d8649a0eceb0871cbff7518c64eb45863eaf48a658d841afb2c8\
91cd163d24216236ea91749ac890e91db570a95295c431c8eff61d8ac4270029de77fc5474e4";

/// The bytes that hexadecimal digits stand for.
pub(super) fn hex(digits: &str) -> Vec<u8> {
    let value = |digit: u8| u8::try_from(char::from(digit).to_digit(16).unwrap()).unwrap();
    digits.as_bytes().chunks(2).map(|pair| value(pair[0]) << 4 | value(pair[1])).collect()
}

/// A header and the data behind it.
#[derive(Clone, Default)]
pub(super) struct Block {
    /// What stands in the header, from its type on (RAR 5) or behind its size (RAR 4).
    pub(super) fields: Vec<u8>,
    pub(super) kind: u8,
    pub(super) flags: u16,
    pub(super) data: Vec<u8>,
}

/// An archive of RAR 5.
pub(super) fn new(blocks: &[Block]) -> Vec<u8> {
    let main = new_header(&[1, 0, 0]);
    let mut out = [super::rar5::SIGNATURE, &main].concat();
    for block in blocks {
        out.extend(new_header(&block.fields));
        out.extend(&block.data);
    }
    out.extend(new_header(&[5, 0, 0]));
    out
}

/// A stored file of RAR 5 with the records of an extra area.
pub(super) fn new_file(name: &[u8], plain: &[u8], extra: &[u8]) -> Block {
    new_block(2, name, plain, plain, extra, 0)
}

/// A file or service header: `information` is that of the method.
pub(super) fn new_block(
    kind: u8,
    name: &[u8],
    plain: &[u8],
    data: &[u8],
    extra: &[u8],
    information: u64,
) -> Block {
    let mut fields = vec![kind, 3];
    vint(&mut fields, extra.len() as u64);
    vint(&mut fields, data.len() as u64);
    fields.push(4);
    vint(&mut fields, plain.len() as u64);
    fields.push(0);
    fields.extend(crc32fast::hash(plain).to_le_bytes());
    vint(&mut fields, information);
    fields.push(0);
    vint(&mut fields, name.len() as u64);
    fields.extend(name);
    fields.extend(extra);
    Block { fields, data: data.to_vec(), ..Block::default() }
}

/// A record of an extra area.
pub(super) fn record(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    vint(&mut out, content.len() as u64 + 1);
    out.push(kind);
    out.extend(content);
    out
}

/// A stored file of RAR 5, locked without a check value.
pub(super) fn new_locked(name: &[u8], plain: &[u8], password: &str) -> Block {
    let (salt, iv) = ([7; 16], [9; 16]);
    let lock = Pbkdf2 { rounds: 1, salt, check: None, iv, is_signed: false };
    let data = encrypt(&Lock::Pbkdf2(lock), password, plain);
    let extra = record(1, &[&[0, 0, 1][..], &salt, &iv].concat());
    new_block(2, name, plain, &data, &extra, 0)
}

/// An archive of RAR 4; `flags` are those of the main header.
pub(super) fn old(flags: u16, blocks: &[Block]) -> Vec<u8> {
    let mut out = [super::rar4::SIGNATURE, &old_header(0x73, flags, &[0; 6])].concat();
    for block in blocks {
        out.extend(old_header(block.kind, block.flags, &block.fields));
        out.extend(&block.data);
    }
    out.extend(old_header(0x7b, 0x4000, &[]));
    out
}

/// The same with every header behind the main header encrypted.
pub(super) fn old_shut(blocks: &[Block], password: &str) -> Vec<u8> {
    let salt = *b"saltsalt";
    let lock = Lock::Sha1 { salt: Some(salt) };
    let mut out = [super::rar4::SIGNATURE, &old_header(0x73, 0x80, &[0; 6])].concat();
    for block in blocks {
        let header = old_header(block.kind, block.flags, &block.fields);
        out.extend([&salt[..], &encrypt(&lock, password, &header), &block.data].concat());
    }
    out.extend([&salt[..], &encrypt(&lock, password, &old_header(0x7b, 0x4000, &[]))].concat());
    out
}

/// A stored file of RAR 4.
pub(super) fn old_file(name: &[u8], plain: &[u8]) -> Block {
    old_block(0x74, 0x8000, name, plain, plain, &[])
}

/// The same, locked.
pub(super) fn old_locked(name: &[u8], plain: &[u8], password: &str) -> Block {
    let salt = *b"12345678";
    let data = encrypt(&Lock::Sha1 { salt: Some(salt) }, password, plain);
    old_block(0x74, 0x8404, name, plain, &data, &salt)
}

/// A file or service header of RAR 4.
pub(super) fn old_block(kind: u8, flags: u16, name: &[u8], plain: &[u8], data: &[u8], tail: &[u8]) -> Block {
    let long = |length: usize| u32::try_from(length).unwrap().to_le_bytes();
    let mut fields = [long(data.len()), long(plain.len())].concat();
    fields.push(2);
    fields.extend(crc32fast::hash(plain).to_le_bytes());
    fields.extend([0, 0, 0, 0, 29, 0x30]);
    fields.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
    fields.extend([0x20, 0, 0, 0]);
    fields.extend(name);
    fields.extend(tail);
    Block { fields, kind, flags, data: data.to_vec() }
}

/// The bytes encrypted under a password, filled up to whole blocks.
fn encrypt(lock: &Lock, password: &str, plain: &[u8]) -> Vec<u8> {
    let mut budget = Budget::new(&Limits::default());
    let key = Keys::default().derive(lock, password.as_bytes(), &mut budget).unwrap().unwrap();
    let mut out = Vec::new();
    let (Key::Aes128 { iv: mut last, .. } | Key::Aes256 { iv: mut last, .. }) = key;
    for chunk in plain.chunks(16) {
        let mut block =
            Array(std::array::from_fn(|at| chunk.get(at).copied().unwrap_or_default() ^ last[at]));
        match key {
            Key::Aes128 { key, .. } => aes::Aes128Enc::new(&Array(key)).encrypt_block(&mut block),
            Key::Aes256 { key, .. } => aes::Aes256Enc::new(&Array(key)).encrypt_block(&mut block),
        }
        last = block.0;
        out.extend(last);
    }
    out
}
