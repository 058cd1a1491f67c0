//! The bounds of a render: what a commit may cost at most, whatever it holds.
//!
//! Plain numbers; the command line sets them. Knows no file and no parser.

/// How large, how many and how deep. The defaults are the documented ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file: 16 MiB.
    pub file_bytes: u64,
    /// Bytes of all files of a render, what aliases repeat included: 64 MiB.
    pub render_bytes: u64,
    /// Objects of a render: 20,000.
    pub objects: usize,
    /// Levels of nested maps and lists, and of nested folders: 128.
    pub depth: usize,
    /// How many times its own size aliases may add to a file: 10.
    pub alias_growth: u64,
    /// Keys, values, beginnings and ends of maps and lists of a render: 4 million, which is 20,000
    /// objects of the usual size. It bounds memory for files of nothing but brackets and commas.
    pub nodes: u64,
    /// Faults that are listed: 1,000. One more says that the list was cut.
    pub faults: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 16 << 20,
            render_bytes: 64 << 20,
            objects: 20_000,
            depth: 128,
            alias_growth: 10,
            nodes: 4_000_000,
            faults: 1_000,
        }
    }
}
