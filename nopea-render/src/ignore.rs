//! `.nopeaignore`: which files of a folder and below it are no manifests.
//!
//! A subset of gitignore. One pattern a line; `#` begins a comment; `\#` and `\!` stand for
//! themselves; `!` takes a file back in; a pattern with a `/` in front or inside counts from the
//! file's own folder, any other one at every depth; a `/` at the end means folders alone; `*` and
//! `?` stop at `/`; `**` is any number of folders; `[a-z]` and `[!a-z]` are classes. The last
//! pattern that fits decides, the innermost file first. What is in a left out folder stays out.

/// The patterns of one `.nopeaignore`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ignore(Vec<Pattern>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    parts: Vec<String>,
    back_in: bool,
    folders_only: bool,
}

impl Ignore {
    /// Reads the patterns of a file.
    pub(crate) fn parse(text: &str) -> Self {
        Self(text.lines().filter_map(Pattern::parse).collect())
    }

    /// Says whether `path`, relative to the file's folder, is left out; none where no pattern fits.
    pub(crate) fn leaves_out(&self, path: &str, folder: bool) -> Option<bool> {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |pattern: &&Pattern| (folder || !pattern.folders_only) && pattern.fits(&parts);
        self.0.iter().rev().find(fits).map(|pattern| !pattern.back_in)
    }
}

impl Pattern {
    fn parse(line: &str) -> Option<Self> {
        let line = line.trim_start_matches('\u{feff}').trim_end();
        if line.starts_with('#') {
            return None;
        }
        let (back_in, line) = line.strip_prefix('!').map_or((false, line), |line| (true, line));
        let line = line.strip_prefix('\\').unwrap_or(line);
        let (folders_only, line) =
            line.strip_suffix('/').map_or((false, line), |line| (true, line));
        let anchored = line.contains('/');
        let line = line.strip_prefix('/').unwrap_or(line);
        if line.is_empty() {
            return None;
        }
        let mut parts: Vec<String> = line.split('/').map(str::to_owned).collect();
        if !anchored {
            parts.insert(0, "**".to_owned());
        }
        Some(Self { parts, back_in, folders_only })
    }

    fn fits(&self, path: &[&str]) -> bool {
        let is_star = |part: &String| part == "**";
        let fits = |part: &String, name: &&str| {
            let (part, name): (Vec<char>, Vec<char>) =
                (part.chars().collect(), name.chars().collect());
            name_fits(&part, &name)
        };
        // `a/**` is what is in a, not a itself
        let named = self.parts.iter().filter(|part| !is_star(part)).count();
        let inside = !self.parts.last().is_some_and(is_star) || path.len() > named;
        inside && wild(&self.parts, path, is_star, fits)
    }
}

/// Matches a sequence against a pattern in which some items stand for any number of things. Going
/// back to the last such item alone is enough, so the time is at most the product of the lengths.
fn wild<P, T>(
    pattern: &[P],
    items: &[T],
    star: impl Fn(&P) -> bool,
    fits: impl Fn(&P, &T) -> bool,
) -> bool {
    let (mut p, mut i) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while let Some(item) = items.get(i) {
        match pattern.get(p) {
            Some(part) if star(part) => {
                back = Some((p, i));
                p += 1;
            }
            Some(part) if fits(part, item) => {
                p += 1;
                i += 1;
            }
            Some(_) | None => {
                let Some((at, from)) = back else { return false };
                back = Some((at, from + 1));
                p = at + 1;
                i = from + 1;
            }
        }
    }
    pattern.iter().skip(p).all(star)
}

/// One part of a pattern, a class taken as one.
enum Piece {
    Star,
    Any,
    One(char),
    Class { not: bool, ranges: Vec<(char, char)> },
}

fn name_fits(pattern: &[char], name: &[char]) -> bool {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some((first, tail)) = rest.split_first() {
        let (piece, left) = match (first, tail) {
            ('*', _) => (Piece::Star, tail),
            ('?', _) => (Piece::Any, tail),
            ('\\', [escaped, tail @ ..]) => (Piece::One(*escaped), tail),
            ('[', _) => class(tail).unwrap_or((Piece::One('['), tail)),
            (other, _) => (Piece::One(*other), tail),
        };
        pieces.push(piece);
        rest = left;
    }
    let fits = |piece: &Piece, c: &char| match piece {
        Piece::Star | Piece::Any => true,
        Piece::One(one) => one == c,
        Piece::Class { not, ranges } => {
            *not != ranges.iter().any(|(from, to)| (from..=to).contains(&c))
        }
    };
    wild(&pieces, name, |piece| matches!(piece, Piece::Star), fits)
}

/// A class behind its `[`, and what follows it.
fn class(text: &[char]) -> Option<(Piece, &[char])> {
    let (not, body) = match text {
        ['!' | '^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let end = body.iter().skip(1).position(|c| *c == ']')? + 1;
    let (mut inside, rest) = (body.get(..end)?, body.get(end + 1..)?);
    let mut ranges = Vec::new();
    while let Some((from, tail)) = inside.split_first() {
        let (to, left) = match tail {
            ['-', to, left @ ..] => (to, left),
            left => (from, left),
        };
        ranges.push((*from, *to));
        inside = left;
    }
    Some((Piece::Class { not, ranges }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_what_gitignore_says_it_fits() {
        let cases = [
            ("*.md.yaml", "docs/x.md.yaml", true),
            ("values.yaml", "charts/web/values.yaml", true),
            ("/values.yaml", "charts/values.yaml", false),
            ("/values.yaml", "values.yaml", true),
            ("charts/*.yaml", "charts/a.yaml", true),
            ("charts/*.yaml", "charts/b/a.yaml", false),
            ("charts/**", "charts/b/a.yaml", true),
            ("charts/**", "charts", false),
            ("charts/**/a.yaml", "charts/a.yaml", true),
            ("charts/**/a.yaml", "charts/b/c/a.yaml", true),
            ("**/test", "a/b/test", true),
            ("a?.yaml", "ab.yaml", true),
            ("a?.yaml", "a/.yaml", false),
            ("[a-c]x.yaml", "bx.yaml", true),
            ("[!a-c]x.yaml", "bx.yaml", false),
            ("\\#x.yaml", "#x.yaml", true),
            ("# x.yaml", "x.yaml", false),
            ("", "x.yaml", false),
            ("[", "[", true),
        ];
        for (pattern, path, expected) in cases {
            let left_out = Ignore::parse(pattern).leaves_out(path, false) == Some(true);
            assert_eq!(left_out, expected, "{pattern} {path}");
        }
    }

    #[test]
    fn the_last_pattern_that_fits_decides() {
        let ignore = Ignore::parse("*.yaml\n!keep.yaml\nbuild/\n");
        assert_eq!(ignore.leaves_out("a.yaml", false), Some(true));
        assert_eq!(ignore.leaves_out("a/keep.yaml", false), Some(false));
        assert_eq!(ignore.leaves_out("build", true), Some(true));
        assert_eq!(ignore.leaves_out("build", false), None);
    }

    #[test]
    fn a_hostile_pattern_takes_no_exponential_time() {
        let pattern = "*a".repeat(200);
        assert_eq!(Ignore::parse(&pattern).leaves_out(&"a".repeat(5_000), false), Some(true));
        assert_eq!(
            Ignore::parse(&format!("{pattern}b")).leaves_out(&"a".repeat(5_000), false),
            None
        );
    }
}
