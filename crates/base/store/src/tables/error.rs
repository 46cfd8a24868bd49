//! Why a file did not become a table, or a table a file.

/// A file that cannot be read as a table. `file` is the path as it was given.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The operating system refused.
    #[error("cannot read {file}: {source}")]
    Io {
        /// The file or folder.
        file: String,
        /// What it said.
        source: std::io::Error,
    },
    /// Neither CSV nor Parquet.
    #[error("{file} is neither .csv nor .parquet: convert it or correct its ending")]
    UnknownFormat {
        /// The file.
        file: String,
    },
    /// A folder without tables.
    #[error("folder {folder} holds no .csv and no .parquet file")]
    EmptyFolder {
        /// The folder.
        folder: String,
    },
    /// No header line, or no columns at all.
    #[error("{file} has no columns: its first line must name them")]
    NoColumns {
        /// The file.
        file: String,
    },
    /// Two columns of one name, or one without a name.
    #[error("{file}: column {position} is named `{name}`: every column needs a name of its own")]
    ColumnName {
        /// The file.
        file: String,
        /// Counted from 1.
        position: usize,
        /// The repeated or empty name.
        name: String,
    },
    /// A row with too few or too many cells.
    #[error("{file} line {line}: {found} cells, but the header names {expected} columns")]
    Ragged {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
        /// Cells of the row.
        found: u64,
        /// Columns of the header.
        expected: u64,
    },
    /// An empty line between rows, or a quoted cell over several lines: lines could no longer be
    /// counted.
    #[error("{file} line {line}: every row must stand on one line, without empty lines between")]
    NotOneLine {
        /// The file.
        file: String,
        /// The first line that is not a row.
        line: usize,
    },
    /// A line that is not UTF-8.
    #[error("{file} line {line}: not UTF-8 text: save the file as UTF-8")]
    NotUtf8 {
        /// The file.
        file: String,
        /// Counted from 1.
        line: usize,
    },
    /// Anything else that the CSV reader refuses.
    #[error("{file}: {source}")]
    Csv {
        /// The file.
        file: String,
        /// What it said.
        source: ::csv::Error,
    },
    /// A damaged or foreign Parquet file, or one that uses a codec that is not compiled in.
    #[error("{file} cannot be read as Parquet: {source}; fetch or write the file again")]
    Parquet {
        /// The file.
        file: String,
        /// What the reader said.
        source: ::parquet::errors::ParquetError,
    },
    /// A Parquet column of a type that has no meaning here, such as a list.
    #[error(
        "{file} column `{column}` has type {found}: \
         expected dates, timestamps, numbers, text or true/false"
    )]
    UnsupportedType {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// Its Arrow type.
        found: String,
    },
    /// A day number outside the calendar.
    #[error("{file} row {row} column `{column}`: not a date")]
    NotADate {
        /// The file.
        file: String,
        /// Counted from 1.
        row: usize,
        /// The column.
        column: String,
    },
    /// A table whose columns differ in length.
    #[error("column `{column}` has {found} rows, expected {expected}")]
    Shape {
        /// The column.
        column: String,
        /// Rows of the first column.
        expected: usize,
        /// Its rows.
        found: usize,
    },
}
