//! Page tokens: where the next page of a search begins, as text that a client hands back.
//!
//! Most searches say only how many results came before. The token of logged models also holds the
//! question, and is refused with any other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::SearchError;

/// The token of the page that begins after so many results.
pub fn create(offset: u64) -> String {
    STANDARD.encode(format!("{{\"offset\": {offset}}}"))
}

/// How many results come before the page; no token is the first page.
///
/// # Errors
///
/// A token that [`create`] did not make.
pub fn parse(token: &str) -> Result<u64, SearchError> {
    if token.is_empty() {
        return Ok(0);
    }
    let parsed: Value = serde_json::from_slice(&decode(token)?).map_err(|_| not_json())?;
    let offset = match &parsed["offset"] {
        Value::String(text) => text.parse().ok(),
        offset => offset.as_u64(),
    };
    offset
        .filter(|offset| i64::try_from(*offset).is_ok_and(|offset| offset > 0))
        .ok_or_else(|| SearchError::PageToken("it holds no offset above 0".to_owned()))
}

/// A search of logged models, as far as its pages must agree on it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LoggedModelSearch {
    /// The experiments, in the order of the request.
    #[serde(default)]
    pub experiment_ids: Vec<String>,
    /// The filter; an empty one is none.
    #[serde(default)]
    pub filter_string: Option<String>,
    /// The order; an empty one is none.
    #[serde(default)]
    pub order_by: Option<Vec<LoggedModelOrder>>,
}

/// A field by which logged models are ordered, as the request has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedModelOrder {
    /// The field.
    pub field_name: String,
    /// Whether the least comes first.
    pub ascending: bool,
    /// For a metric: the dataset on which it was measured.
    #[serde(default)]
    pub dataset_name: Option<String>,
    /// For a metric: the digest of that dataset.
    #[serde(default)]
    pub dataset_digest: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Page {
    #[serde(flatten)]
    search: LoggedModelSearch,
    #[serde(default)]
    offset: u64,
}

impl LoggedModelSearch {
    /// The token of the page of this search that begins after so many results.
    pub fn create(&self, offset: u64) -> String {
        let page = Page { search: self.clone().normal(), offset };
        let json = serde_json::to_vec(&page).expect("texts and numbers can be written as JSON");
        STANDARD.encode(json)
    }

    /// How many results come before the page; no token is the first page.
    ///
    /// # Errors
    ///
    /// A token that [`Self::create`] did not make, or made for another search.
    pub fn parse(&self, token: &str) -> Result<u64, SearchError> {
        if token.is_empty() {
            return Ok(0);
        }
        let page: Page = serde_json::from_slice(&decode(token)?).map_err(|_| not_json())?;
        let (found, asked) = (page.search.normal(), self.clone().normal());
        let differs = if found.experiment_ids != asked.experiment_ids {
            "Experiment IDs in the page token do not match the requested experiment IDs"
        } else if found.filter_string != asked.filter_string {
            "Filter string in the page token does not match the requested filter string"
        } else if found.order_by != asked.order_by {
            "Order by in the page token does not match the requested order by"
        } else {
            return Ok(page.offset);
        };
        Err(SearchError::PageToken(differs.to_owned()))
    }

    /// What is empty is as if it were not there.
    fn normal(mut self) -> Self {
        let set = |text: &mut Option<String>| *text = text.take().filter(|text| !text.is_empty());
        set(&mut self.filter_string);
        self.order_by = self.order_by.filter(|order| !order.is_empty());
        for field in self.order_by.iter_mut().flatten() {
            set(&mut field.dataset_name);
            set(&mut field.dataset_digest);
        }
        self
    }
}

fn decode(token: &str) -> Result<Vec<u8>, SearchError> {
    STANDARD.decode(token).map_err(|_| SearchError::PageToken("could not base64-decode".to_owned()))
}

fn not_json() -> SearchError {
    SearchError::PageToken("it does not hold what a page token holds".to_owned())
}
