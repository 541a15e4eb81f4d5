//! The classes of controls (MS-OFORMS 2.2): which properties each has, in the order of the bits of its mask, and by
//! which numbers and class identifiers they are known.

use super::record::{Data, Extra, Layout};
use Data::{Length, Named, Number};

/// MS-OFORMS 2.2.10.1: the form itself.
pub(super) const FORM: Layout = Layout {
    version: [0, 4],
    mask: 4,
    data: &[
        (1, Number(4)),
        (2, Number(4)),
        (3, Number(4)),
        (6, Named("flags", 4)),
        (7, Number(1)),
        (8, Number(1)),
        (9, Number(1)),
        (13, Number(4)),
        (15, Number(2)),
        (16, Number(1)),
        (17, Number(1)),
        (18, Number(4)),
        (19, Length("Caption")),
        (20, Number(2)),
        (21, Number(2)),
        (22, Number(4)),
        (23, Number(1)),
        (25, Number(1)),
        (26, Number(4)),
        (27, Number(4)),
    ],
    extra: &[Extra::Pair(10), Extra::Pair(11), Extra::Pair(12), Extra::Text("Caption")],
};

/// MS-OFORMS 2.2.10.12.1: a control's place in its form.
pub(super) const SITE: Layout = Layout {
    version: [0, 0],
    mask: 4,
    data: &[
        (0, Length("Name")),
        (1, Length("Tag")),
        (2, Number(4)),
        (3, Number(4)),
        (4, Number(4)),
        (5, Named("size", 4)),
        (6, Number(2)),
        (7, Named("class", 2)),
        (9, Number(2)),
        (11, Length("ControlTipText")),
        (12, Length("RuntimeLicKey")),
        (13, Length("ControlSource")),
        (14, Length("RowSource")),
    ],
    extra: &[
        Extra::Text("Name"),
        Extra::Text("Tag"),
        Extra::Pair(8),
        Extra::Text("ControlTipText"),
        Extra::Text("RuntimeLicKey"),
        Extra::Text("ControlSource"),
        Extra::Text("RowSource"),
    ],
};

/// MS-OFORMS 2.2.5: text boxes, lists, check boxes, option buttons, toggle buttons.
const MORPH: Layout = Layout {
    version: [0, 2],
    mask: 8,
    data: &[
        (0, Number(4)),
        (1, Number(4)),
        (2, Number(4)),
        (3, Number(4)),
        (4, Number(1)),
        (5, Number(1)),
        (6, Number(1)),
        (7, Number(1)),
        (9, Number(2)),
        (10, Number(4)),
        (11, Number(2)),
        (12, Number(2)),
        (13, Number(2)),
        (14, Number(2)),
        (15, Number(2)),
        (16, Number(1)),
        (17, Number(1)),
        (18, Number(1)),
        (20, Number(1)),
        (21, Number(1)),
        (22, Length("Value")),
        (23, Length("Caption")),
        (24, Number(4)),
        (25, Number(4)),
        (26, Number(4)),
        (27, Number(2)),
        (28, Number(2)),
        (29, Number(2)),
        (32, Length("GroupName")),
    ],
    extra: &[Extra::Pair(8), Extra::Text("Value"), Extra::Text("Caption"), Extra::Text("GroupName")],
};

/// MS-OFORMS 2.2.1.
const BUTTON: Layout = Layout {
    version: [0, 2],
    mask: 4,
    data: &[
        (0, Number(4)),
        (1, Number(4)),
        (2, Number(4)),
        (3, Length("Caption")),
        (4, Number(4)),
        (6, Number(1)),
        (7, Number(2)),
        (8, Number(2)),
        (10, Number(2)),
    ],
    extra: &[Extra::Text("Caption"), Extra::Pair(5)],
};

/// MS-OFORMS 2.2.4.
const LABEL: Layout = Layout {
    version: [0, 2],
    mask: 4,
    data: &[
        (0, Number(4)),
        (1, Number(4)),
        (2, Number(4)),
        (3, Length("Caption")),
        (4, Number(4)),
        (6, Number(1)),
        (7, Number(4)),
        (8, Number(2)),
        (9, Number(2)),
        (10, Number(2)),
        (11, Number(2)),
        (12, Number(2)),
    ],
    extra: &[Extra::Text("Caption"), Extra::Pair(5)],
};

/// MS-OFORMS 2.2.9.
const TABS: Layout = Layout {
    version: [0, 2],
    mask: 4,
    data: &[
        (0, Number(4)),
        (1, Number(4)),
        (2, Number(4)),
        (5, Length("Caption")),
        (6, Number(1)),
        (8, Number(4)),
        (9, Number(4)),
        (11, Number(4)),
        (12, Number(4)),
        (15, Length("ControlTipText")),
        (17, Length("Name")),
        (18, Number(4)),
        (20, Number(4)),
        (21, Length("Tag")),
        (22, Number(4)),
        (23, Length("Accelerator")),
        (24, Number(2)),
    ],
    extra: &[
        Extra::Pair(4),
        Extra::List("Caption"),
        Extra::List("ControlTipText"),
        Extra::List("Name"),
        Extra::List("Tag"),
        Extra::List("Accelerator"),
    ],
};

/// A class of control.
pub(super) struct Class {
    /// MS-OFORMS 2.4.5: its number in a site.
    number: u32,
    /// The first four bytes of its class identifier, as they stand in a file.
    clsid: u32,
    /// Its layout; none for classes without strings.
    pub(super) layout: Option<&'static Layout>,
    /// What programs call its value.
    pub(super) value: &'static str,
}

const fn class(number: u32, clsid: u32, layout: Option<&'static Layout>, value: &'static str) -> Class {
    Class { number, clsid, layout, value }
}

/// Every class that has strings.
const CLASSES: &[Class] = &[
    class(15, 0x8bd2_1d10, Some(&MORPH), "Value"),
    class(23, 0x8bd2_1d10, Some(&MORPH), "Text"),
    class(24, 0x8bd2_1d20, Some(&MORPH), "Value"),
    class(25, 0x8bd2_1d30, Some(&MORPH), "Text"),
    class(26, 0x8bd2_1d40, Some(&MORPH), "Value"),
    class(27, 0x8bd2_1d50, Some(&MORPH), "Value"),
    class(28, 0x8bd2_1d60, Some(&MORPH), "Value"),
    class(17, 0xd705_3240, Some(&BUTTON), "Value"),
    class(21, 0x978c_9e23, Some(&LABEL), "Value"),
    class(18, 0xeae5_0eb0, Some(&TABS), "Value"),
    class(7, 0xc62a_69f0, None, ""),
    class(12, 0x4c59_9241, None, ""),
    class(14, 0x6e18_2020, None, ""),
    class(16, 0x7917_6fb0, None, ""),
    class(47, 0xdfd1_81e0, None, ""),
    class(57, 0x46e3_1370, None, ""),
];

impl Class {
    /// The class of that number.
    pub(super) fn numbered(number: u32) -> Option<&'static Self> {
        CLASSES.iter().find(|class| class.number == number)
    }

    /// The class of that identifier. A text box is asked for before what shares its identifier.
    pub(super) fn of(clsid: &[u8]) -> Option<&'static Self> {
        let start = clsid.first_chunk().copied().map(u32::from_le_bytes)?;
        CLASSES.iter().skip(1).find(|class| class.clsid == start)
    }

    /// The classes that are tried where nothing tells which one it is.
    pub(super) fn likely() -> impl Iterator<Item = &'static Self> {
        [23, 21, 17, 18].into_iter().filter_map(Self::numbered)
    }
}
