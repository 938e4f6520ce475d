//! Lists of objects, page by page.

use serde_json::Value;

use crate::engine::{Here, StepCx};
use crate::model::ActionError;

/// Everything that the pages of an act list; `here` makes what the act is performed with of where the page starts.
pub(super) async fn all(
    cx: &StepCx,
    act: &str,
    here: impl Fn(Value) -> Here,
) -> Result<Vec<Value>, ActionError> {
    let (mut objects, mut start) = (Vec::new(), Value::Null);
    loop {
        let mut page = cx.perform(act, here(start.clone())).await?.value;
        objects.extend(page["objects"].as_array_mut().map(std::mem::take).unwrap_or_default());
        let next = page["nextStartWith"].take();
        if next.is_null() || next == start {
            return Ok(objects);
        }
        start = next;
    }
}
