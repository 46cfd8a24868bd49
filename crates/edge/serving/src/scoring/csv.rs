//! CSV with a header, as pandas writes it.

use csv::{ByteRecord, ReaderBuilder};

use crate::{Flat, Limits, ServingError, Table};

/// What pandas reads as missing.
const MISSING: [&str; 19] = [
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
];

pub(super) fn read(body: &[u8], limits: &Limits) -> Result<Table, ServingError> {
    let wrong = |error: String| {
        ServingError::Malformed(format!(
            "Failed to parse input as a Pandas DataFrame. Ensure that the input is a valid \
             CSV-formatted Pandas DataFrame produced using the `pandas.DataFrame.to_csv()` method. \
             Error: '{error}'"
        ))
    };
    let text = std::str::from_utf8(body).map_err(|error| wrong(error.to_string()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = ReaderBuilder::new().from_reader(text.as_bytes());
    let names: Vec<String> = match reader.headers() {
        Ok(names) if !names.is_empty() => names.iter().map(str::to_owned).collect(),
        Ok(_) => return Err(wrong("No columns to parse from file".to_owned())),
        Err(error) => return Err(wrong(error.to_string())),
    };
    let (mut record, mut cells, mut rows) = (ByteRecord::new(), Flat::default(), 0);
    while reader.read_byte_record(&mut record).map_err(|error| wrong(error.to_string()))? {
        rows += 1;
        limits.check_cells(cells.len() + record.len())?;
        for cell in &record {
            let cell = String::from_utf8_lossy(cell);
            match cell.trim() {
                text if MISSING.contains(&text) => cells.number(f64::NAN),
                text => match text.parse() {
                    Ok(number) => cells.number(number),
                    Err(_) => truth(&mut cells, text),
                },
            }
        }
    }
    cells.dims = vec![rows, names.len()];
    Table::of_rows(Some(names), cells)
}

fn truth(cells: &mut Flat, text: &str) {
    match text {
        "True" | "TRUE" | "true" => cells.number(1.0),
        "False" | "FALSE" | "false" => cells.number(0.0),
        text => cells.text(text.to_owned()),
    }
}
