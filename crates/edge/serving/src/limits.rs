//! How large one request may be.

use crate::ServingError;

/// How large one request may be. What is larger is refused before it is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows of one request.
    pub rows: usize,
    /// Numbers and texts of one request.
    pub cells: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { rows: 100_000, cells: 16 << 20 }
    }
}

impl Limits {
    /// Refuses more rows than may be asked for at once.
    ///
    /// # Errors
    /// [`ServingError::TooLarge`].
    pub fn check_rows(&self, rows: usize) -> Result<(), ServingError> {
        if rows <= self.rows {
            return Ok(());
        }
        Err(ServingError::TooLarge(format!(
            "{rows} rows are more than the {} that are predicted at once: send them in parts",
            self.rows
        )))
    }

    /// Refuses more numbers and texts than may be sent at once.
    ///
    /// # Errors
    /// [`ServingError::TooLarge`].
    pub fn check_cells(&self, cells: usize) -> Result<(), ServingError> {
        if cells <= self.cells {
            return Ok(());
        }
        Err(ServingError::TooLarge(format!(
            "{cells} values are more than the {} that are taken at once: send them in parts",
            self.cells
        )))
    }
}
