//! What formats observe, for rules to weigh.

use crate::keyring::Origin;

/// Something observed on an artifact. Facts do not judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// A header of a message, decoded: `from`, `to`, `subject`, `date`, `message-id`, `reply-to` …; or what a program
    /// says of itself: `pe-type`, `pe-machine`, `pe-role` …
    Header {
        /// Lower-case name.
        name: &'static str,
        /// Decoded value.
        value: String,
    },
    /// Something was locked and this password opened it.
    OpenedWith {
        /// `zip-crypto`, `winzip-aes`, …
        scheme: &'static str,
        /// The password.
        password: String,
        /// Where it was found.
        origin: Origin,
    },
    /// The mail says that its password comes another way or is known to the reader: the sentence.
    PasswordElsewhere(String),
    /// A name inside a container whose content stayed shut.
    LockedName(String),
    /// A run of one repeated byte at the end, far longer than any program writes.
    Padding {
        /// The repeated byte.
        byte: u8,
        /// Its count.
        length: u64,
    },
    /// The container names the artifact in two ways that disagree; this is the other one.
    OtherName(String),
    /// A trick of the container: overlapping entries, hidden ones, disagreeing headers; named in kebab-case.
    Trick {
        /// `zip-hidden-entry`, `vba-scrambled-module-name`, …
        what: &'static str,
        /// Evidence.
        detail: String,
    },
    /// A VBA project was found.
    VbaProject {
        /// Windows code page of its sources.
        code_page: u16,
        /// How many modules have source.
        modules: usize,
        /// Whether the project is locked for viewing.
        locked: bool,
    },
    /// A sign in program text.
    Sign {
        /// What it is a sign of.
        sign: Sign,
        /// The words that show it.
        text: String,
        /// Line in the artifact, from 1.
        line: usize,
    },
    /// A procedure of a program, with what is needed to tell which procedures run without a person's doing.
    Procedure {
        /// Its name, in lower case.
        name: String,
        /// Its first line, from 1; it ends where the next one begins.
        line: usize,
        /// The names that stand in it, in lower case, sorted; `*` where it calls something by a computed name.
        mentions: Vec<String>,
    },
    /// A long run of encoded text hidden where programs keep settings: a form, a control, a property.
    HiddenText {
        /// Where: the stream or part and what it is there.
        place: String,
        /// Characters.
        length: usize,
        /// Its beginning, at most 80 characters.
        head: String,
    },
    /// A relationship or field that leads out of the document.
    External {
        /// `attached-template`, `ole-object`, `frame`, …
        relation: String,
        /// Where it leads.
        target: String,
    },
    /// An object of another program within a document.
    Object {
        /// Its class by name (`Equation.3`, `Package`), as far as it is told.
        class: String,
        /// How the document holds it, in words of its format: `objemb objupdate`, `embedded`, `storage`.
        manner: String,
    },
    /// What a shortcut starts.
    Shortcut {
        /// The program or file, as it is written.
        target: String,
        /// What is given to it.
        arguments: String,
        /// Where its picture comes from.
        icon: String,
        /// Whether its window is minimised.
        is_minimized: bool,
    },
}

/// What a place in program text is a sign of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sign {
    /// Runs by itself: `AutoOpen`, `Workbook_Open`, a control's event.
    EntryPoint,
    /// Starts a process from a command that is computed or names an interpreter.
    ProcessStart,
    /// Starts a process from a plain command: a viewer, a program of the office.
    PlainStart,
    /// Starts something without showing a window.
    HiddenWindow,
    /// Names an interpreter or a program of the system that attackers borrow.
    Interpreter,
    /// Puts machine code into memory and calls it.
    Shellcode,
    /// Fetches a file from the network.
    Download,
    /// Talks to a web server.
    WebRequest,
    /// Writes a file.
    FileWrite,
    /// Names a file that runs: `x.vbs`, `x.dll`.
    ProgramName,
    /// Creates an object whose name is computed, not written.
    ComputedObject,
    /// Names that no person would choose.
    RandomNames,
    /// Text put together from many pieces, character codes or fillers.
    ChoppedText,
    /// A long encoded text in the source.
    EncodedText,
    /// Turns codes into text or takes the name of an object from a function of its own: a decoder at work.
    Decoding,
    /// Switches a protection of Office off.
    WeakensOffice,
    /// Copies program text into another document or template.
    CopiesCode,
    /// Takes program text out of a document.
    ReadsCode,
    /// Reaches for the template or for every open document.
    EveryDocument,
    /// Sends files or the names of the machine and its user to a server.
    SendsOut,
    /// Sends mail to the people of an address book.
    MailsOut,
    /// Opens an object that lies in the document, or a locked document whose password it knows.
    OpensObject,
    /// Deletes or overwrites files that the system needs, or all files of a drive.
    DestroysFiles,
    /// Leads the reader to another page.
    Redirect,
    /// Writes decoded text into the page or runs it.
    WritesPage,
    /// Makes a file and has the browser save it.
    SavesFile,
    /// Puts a command for the command line into the reader's clipboard.
    FillsClipboard,
}

impl Sign {
    /// The stable word used in reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::EntryPoint => "entry-point",
            Self::ProcessStart => "process-start",
            Self::PlainStart => "plain-start",
            Self::HiddenWindow => "hidden-window",
            Self::Interpreter => "interpreter",
            Self::Shellcode => "shellcode",
            Self::Download => "download",
            Self::WebRequest => "web-request",
            Self::FileWrite => "file-write",
            Self::ProgramName => "program-name",
            Self::ComputedObject => "computed-object",
            Self::RandomNames => "random-names",
            Self::ChoppedText => "chopped-text",
            Self::EncodedText => "encoded-text",
            Self::Decoding => "decoding",
            Self::WeakensOffice => "weakens-office",
            Self::CopiesCode => "copies-code",
            Self::ReadsCode => "reads-code",
            Self::EveryDocument => "every-document",
            Self::SendsOut => "sends-out",
            Self::MailsOut => "mails-out",
            Self::OpensObject => "opens-object",
            Self::DestroysFiles => "destroys-files",
            Self::Redirect => "redirect",
            Self::WritesPage => "writes-page",
            Self::SavesFile => "saves-file",
            Self::FillsClipboard => "fills-clipboard",
        }
    }
}
