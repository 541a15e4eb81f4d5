//! What one connection of a mail server goes through: negotiation, then message after message. No socket here, so
//! that tests and the fuzzer can hold it.

use super::super::room::Room;
pub use super::message::Message;
use super::wire::{self, Command, Options};
use std::collections::BTreeMap;

/// The state of a connection.
#[derive(Debug)]
pub struct Session {
    room: Room,
    input_bytes: u64,
    memory: u64,
    /// What was agreed on; none before the negotiation.
    agreed: Option<Options>,
    client: String,
    /// Macros by the command they came with, then by name.
    macros: BTreeMap<u8, BTreeMap<String, String>>,
    message: Option<Message>,
}

/// What a command leads to.
#[derive(Debug)]
pub enum Step {
    /// Nothing to say.
    Silent,
    /// A packet to send.
    Reply(Vec<u8>),
    /// A whole message is there and waits for its answer.
    Ended(Box<Message>),
    /// The connection ends.
    Close,
}

/// The versions that are spoken.
const OLDEST: u32 = 2;
const NEWEST: u32 = 6;

/// What is asked of the server, as far as it offers it. HELO, DATA and unknown commands tell nothing; what needs no
/// reply needs no waiting.
const WANTED: u32 = wire::NO_HELO
    | wire::NO_UNKNOWN
    | wire::NO_DATA
    | wire::SKIP_BODY
    | wire::QUIET_CONNECT
    | wire::QUIET_HELO
    | wire::QUIET_MAIL
    | wire::QUIET_RCPT
    | wire::QUIET_DATA
    | wire::QUIET_UNKNOWN
    | wire::QUIET_HEADER
    | wire::QUIET_END_OF_HEADERS
    | wire::QUIET_BODY
    | wire::LEADING_SPACE;

/// What is done to messages.
const ACTIONS: u32 = wire::MAY_ADD_HEADERS | wire::MAY_CHANGE_HEADERS | wire::MAY_QUARANTINE;

/// Recipients that are kept, macros of one command, bytes of each text.
const RECIPIENTS: usize = 100;
const MACROS: usize = 64;
const TEXT: usize = 1000;

impl Session {
    /// A connection before its first packet.
    pub fn new(room: Room) -> Self {
        Self {
            room,
            input_bytes: u64::MAX,
            memory: u64::MAX,
            agreed: None,
            client: String::new(),
            macros: BTreeMap::new(),
            message: None,
        }
    }

    /// Sets the bytes of a message that are kept, and of all messages together; they hold from the next message on.
    pub fn bound(&mut self, input_bytes: u64, memory: u64) {
        self.input_bytes = input_bytes;
        self.memory = memory;
    }

    /// Whether no message is under way.
    pub fn is_idle(&self) -> bool {
        self.message.is_none()
    }

    /// Whether the server lets us do this to a message.
    pub fn allows(&self, action: u32) -> bool {
        self.agreed.is_some_and(|agreed| agreed.actions & action != 0)
    }

    /// Whether this was agreed on.
    pub fn speaks(&self, flag: u32) -> bool {
        self.agreed.is_some_and(|agreed| agreed.protocol & flag != 0)
    }

    /// The value of a macro, by its name without braces; that of the latest stage.
    pub(super) fn macro_value(&self, name: &str) -> &str {
        let stages = b"ENTRMHC".iter().filter_map(|of| self.macros.get(of)?.get(name));
        stages.map(String::as_str).next().unwrap_or_default()
    }

    /// The address of the client, as the server tells it.
    pub(super) fn client(&self) -> &str {
        match self.macro_value("client_addr") {
            "" => &self.client,
            address => address,
        }
    }

    /// Takes one command.
    pub fn step(&mut self, command: &Command) -> Step {
        if self.agreed.is_none() && !matches!(command, Command::Negotiate(_) | Command::Quit) {
            return Step::Close;
        }
        match command {
            Command::Negotiate(offered) => self.negotiate(*offered),
            Command::Macros { of, pairs } => self.macros(*of, pairs),
            Command::Connect { host, address } => {
                self.client = text(if address.is_empty() { host } else { address });
                self.unless(wire::QUIET_CONNECT)
            }
            Command::Helo => self.unless(wire::QUIET_HELO),
            Command::Mail(words) => {
                let mut message = Message::new(self.room.share(self.memory), self.input_bytes);
                message.sender = address(words);
                self.message = Some(message);
                self.unless(wire::QUIET_MAIL)
            }
            Command::Rcpt(words) => {
                let message = self.message();
                if message.recipients.len() < RECIPIENTS {
                    message.recipients.push(address(words));
                } else {
                    message.more_recipients = true;
                }
                self.unless(wire::QUIET_RCPT)
            }
            Command::Data => self.unless(wire::QUIET_DATA),
            Command::Header { name, value } => {
                let spaced = self.speaks(wire::LEADING_SPACE);
                self.message().header(name, value, spaced);
                self.unless(wire::QUIET_HEADER)
            }
            Command::EndOfHeaders => {
                self.message().begin_body();
                self.unless(wire::QUIET_END_OF_HEADERS)
            }
            Command::Body(bytes) => self.body(bytes),
            Command::EndOfBody(bytes) => {
                self.message().body(bytes);
                self.message.take().map_or(Step::Close, |message| Step::Ended(Box::new(message)))
            }
            Command::Abort => self.forget(Step::Silent),
            Command::Quit => self.forget(Step::Close),
            Command::QuitNew => {
                self.client.clear();
                self.macros.clear();
                self.forget(Step::Silent)
            }
            Command::Unknown => self.unless(wire::QUIET_UNKNOWN),
        }
    }

    /// Goes on, with a reply unless the server does not want one.
    fn unless(&self, quiet: u32) -> Step {
        if self.speaks(quiet) { Step::Silent } else { Step::Reply(wire::packet(wire::CONTINUE, b"")) }
    }

    fn negotiate(&mut self, offered: Options) -> Step {
        if offered.version < OLDEST {
            return Step::Close;
        }
        let agreed = Options {
            version: offered.version.min(NEWEST),
            actions: offered.actions & ACTIONS,
            protocol: offered.protocol & WANTED,
        };
        self.agreed = Some(agreed);
        Step::Reply(agreed.packet())
    }

    /// Macros are given anew with each command; those of a message before must not be taken for this one's.
    fn macros(&mut self, of: u8, pairs: &[(&[u8], &[u8])]) -> Step {
        if of == b'M' {
            self.macros.retain(|of, _| matches!(of, b'C' | b'H'));
        }
        let named = pairs.iter().take(MACROS).map(|(name, value)| {
            let name = name.strip_prefix(b"{").and_then(|name| name.strip_suffix(b"}")).unwrap_or(name);
            (text(name), text(value))
        });
        if b"CHMRTNE".contains(&of) {
            self.macros.insert(of, named.collect());
        }
        Step::Silent
    }

    fn body(&mut self, bytes: &[u8]) -> Step {
        let message = self.message();
        message.body(bytes);
        let is_full = message.is_full();
        if is_full && self.speaks(wire::SKIP_BODY) && !self.speaks(wire::QUIET_BODY) {
            return Step::Reply(wire::packet(wire::SKIP, b""));
        }
        self.unless(wire::QUIET_BODY)
    }

    /// The message under way; a server that begins one without MAIL gets one all the same.
    fn message(&mut self) -> &mut Message {
        let share = || self.room.share(self.memory);
        self.message.get_or_insert_with(|| Message::new(share(), self.input_bytes))
    }

    fn forget(&mut self, step: Step) -> Step {
        self.message = None;
        step
    }
}

/// The address of MAIL or RCPT, without its angle brackets.
fn address(words: &[&[u8]]) -> String {
    let word = words.first().copied().unwrap_or_default();
    text(word.strip_prefix(b"<").and_then(|word| word.strip_suffix(b">")).unwrap_or(word))
}

/// A short text for the log.
pub(super) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..TEXT).unwrap_or(bytes)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Options = Options { version: 6, actions: 0x1ff, protocol: 0x1f_ffff };

    fn negotiated(offered: Options) -> Session {
        let mut session = Session::new(Room::default());
        assert!(matches!(session.step(&Command::Negotiate(offered)), Step::Reply(_)));
        session
    }

    fn ended(session: &mut Session, commands: &[&[u8]]) -> Message {
        for command in commands {
            if let Step::Ended(message) = session.step(&Command::parse(command).unwrap()) {
                return *message;
            }
        }
        panic!("the message did not end");
    }

    #[test]
    fn what_is_offered_is_agreed_on_and_no_more() {
        let mut session = Session::new(Room::default());
        let Step::Reply(reply) = session.step(&Command::Negotiate(ALL)) else { panic!() };
        assert_eq!(reply, Options { version: 6, actions: 0x31, protocol: WANTED }.packet());
        let old = Options { version: 2, actions: 0x1f, protocol: 0x7f };
        let Step::Reply(reply) = session.step(&Command::Negotiate(old)) else { panic!() };
        assert_eq!(reply, Options { version: 2, actions: 0x11, protocol: 0x02 }.packet());
        let newer = Options { version: 7, ..ALL };
        let Step::Reply(reply) = session.step(&Command::Negotiate(newer)) else { panic!() };
        assert_eq!(reply[5..9], 6u32.to_be_bytes());
        assert!(matches!(session.step(&Command::Negotiate(Options { version: 1, ..ALL })), Step::Close));
        assert!(matches!(Session::new(Room::default()).step(&Command::Data), Step::Close));
    }

    #[test]
    fn a_message_is_put_together_as_it_was() {
        let commands: &[&[u8]] = &[
            b"DMi\0Q1\0{mail_addr}\0a@b.test\0",
            b"M<a@b.test>\0",
            b"R<c@d.test>\0",
            b"LFrom\0 A <a@b.test>\0",
            b"LSubject\0 one\n\ttwo\0",
            b"LX-Odd\0no space\0",
            b"LX-TENPU-Verdict\0 clean\0",
            b"Lx-tenpu-verdict\0 clean\0",
            b"N",
            b"Bline\r\n",
            b"Eend\r\n",
        ];
        let mut session = negotiated(ALL);
        let mut message = ended(&mut session, commands);
        assert!(session.is_idle());
        assert_eq!(session.macro_value("i"), "Q1");
        assert_eq!(
            (message.sender.as_str(), &message.recipients[..]),
            ("a@b.test", &["c@d.test".into()][..])
        );
        assert_eq!(message.forged, BTreeMap::from([("x-tenpu-verdict".to_string(), 2)]));
        assert_eq!(message.subjects, [b" one\n\ttwo"]);
        let want =
            b"From: A <a@b.test>\r\nSubject: one\r\n\ttwo\r\nX-Odd:no space\r\nX-TENPU-Verdict: clean\r\n\
            x-tenpu-verdict: clean\r\n\r\nline\r\nend\r\n";
        assert_eq!(message.take(), (want.to_vec(), want.len() as u64));
    }

    #[test]
    fn older_servers_strip_the_space_and_want_replies() {
        let mut session = negotiated(Options { version: 2, actions: 0x1f, protocol: 0x7f });
        let step = session.step(&Command::parse(b"M<a@b>\0").unwrap());
        assert!(matches!(step, Step::Reply(reply) if reply == wire::packet(b'c', b"")));
        let mut message = ended(&mut session, &[b"LFrom\0a\0", b"E"]);
        assert_eq!(message.take().0, b"From: a\r\n\r\n");
    }

    #[test]
    fn a_limit_cuts_and_measures() {
        let mut session = negotiated(Options { protocol: 0x7f | wire::SKIP_BODY, ..ALL });
        session.bound(12, 100);
        for command in [&b"M<a@b>\0"[..], b"LA\0b\0", b"N"] {
            session.step(&Command::parse(command).unwrap());
        }
        let step = session.step(&Command::Body(b"12345678"));
        assert!(matches!(step, Step::Reply(reply) if reply == wire::packet(b's', b"")));
        let mut message = ended(&mut session, &[b"E"]);
        assert_eq!(message.take(), (b"A: b\r\n\r\n1234".to_vec(), 16));
    }

    #[test]
    fn without_memory_a_message_is_dropped_and_ends_all_the_same() {
        let mut session = negotiated(ALL);
        session.bound(1000, 10);
        let message = ended(&mut session, &[b"M<a@b>\0", b"B0123456789012345", b"Bxx", b"E"]);
        assert!(message.is_dropped());
        drop(message);
        let message = ended(&mut session, &[b"M<a@b>\0", b"B01", b"E"]);
        assert!(!message.is_dropped());
    }

    #[test]
    fn names_that_nobody_may_write_take_memory_too() {
        let mut session = negotiated(ALL);
        session.bound(1 << 20, 10_000);
        session.step(&Command::Mail(vec![b"<a@b>"]));
        for n in 0..100 {
            session.step(&Command::Header { name: b"X-Tenpu-Same", value: b" x" });
            assert!(!session.message().is_dropped(), "{n}");
        }
        for n in 0..1000 {
            let name = format!("X-Tenpu-{n}");
            session.step(&Command::Header { name: name.as_bytes(), value: b"" });
        }
        let message = ended(&mut session, &[b"E"]);
        assert!(message.is_dropped() && message.forged.len() < 200, "{}", message.forged.len());
        assert_eq!(message.forged["x-tenpu-same"], 100);
    }

    #[test]
    fn aborts_and_new_clients_leave_nothing_behind() {
        let mut session = negotiated(ALL);
        for command in
            [&b"DCj\0mx\0"[..], b"C[x]\x004\0\x19192.0.2.9\0", b"DMi\0OLD\0", b"M<a@b>\0", b"LA\0b\0", b"A"]
        {
            session.step(&Command::parse(command).unwrap());
        }
        assert!(session.is_idle());
        let mut message = ended(&mut session, &[b"DMj\0x\0", b"M<n@w>\0", b"E"]);
        assert_eq!((message.take().1, message.sender.as_str()), (2, "n@w"));
        assert_eq!((session.macro_value("i"), session.client()), ("", "192.0.2.9"));
        session.step(&Command::QuitNew);
        assert_eq!((session.client(), session.macro_value("j")), ("", ""));
        assert!(matches!(session.step(&Command::Quit), Step::Close));
    }

    #[test]
    fn any_order_of_flipped_commands_is_survived() {
        let commands: &[&[u8]] = &[
            b"O\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff",
            b"DMi\0Q1\0",
            b"M<a@b>\0",
            b"LA\0b\0",
            b"N",
            b"Bx",
            b"E",
        ];
        for (at, command) in commands.iter().enumerate() {
            for bit in 0..command.len() * 8 {
                let mut flipped = command.to_vec();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let mut session = negotiated(ALL);
                for (other, command) in commands.iter().enumerate() {
                    let packet = if other == at { &flipped[..] } else { command };
                    if let Ok(command) = Command::parse(packet) {
                        let _step = session.step(&command);
                    }
                }
            }
        }
    }
}
