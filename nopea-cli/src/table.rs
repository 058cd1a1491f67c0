//! Aligned columns, as kubectl prints them. Knows no row's meaning.

use crate::output::plain;

/// Spaces between two columns.
const GAP: usize = 3;

/// Lays rows out under their header; the last column is not padded.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|&title| title.to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(&header)
        .chain(rows)
        .map(|row| row.iter().map(|cell| cell_text(cell)).collect())
        .collect();
    let mut widths = vec![0; header.len()];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + GAP));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

fn cell_text(cell: &str) -> String {
    if cell.is_empty() { "-".to_owned() } else { plain(cell).replace('\n', " ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_nothing_trails() {
        let rows = [vec!["Deployment.apps".to_owned(), String::new(), "web\nx".to_owned()]];
        let text = table(&["KIND", "NAMESPACE", "NAME"], &rows);
        insta::assert_snapshot!(text, @r"
        KIND              NAMESPACE   NAME
        Deployment.apps   -           web x
        ");
    }
}
