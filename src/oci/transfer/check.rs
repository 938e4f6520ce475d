//! Sums what was fetched up while the rest is still on its way: ranges come in any order and are looked at in theirs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::sizes::stretches;
use super::sums::{Expected, Running, Sum};
use crate::oci::payload::read_at;

/// Reads what was fetched and gives the sums of all stretches that have one. A range that came with its sum and is just
/// such a stretch is not read again. It ends when nobody can tell of ranges any more; then all of them must have come.
pub(super) fn sums(
    told: &Receiver<(u64, Option<Sum>)>,
    file: &Arc<fs_err::File>,
    size: u64,
    range: u64,
    expected: &Expected,
) -> std::io::Result<Vec<Sum>> {
    let mut running = Running::new(expected.kind, expected.part);
    let mut early = BTreeMap::new();
    for stretch in stretches(size, range) {
        let sum = loop {
            if let Some(sum) = early.remove(&stretch.index) {
                break sum;
            }
            let Ok((index, sum)) = told.recv() else {
                return Err(std::io::Error::other("the download ended before all of it was there"));
            };
            early.insert(index, sum);
        };
        let end = stretch.first + stretch.length;
        let is_part = running.at_border()
            && (stretch.length == expected.part || (end == size && stretch.length <= expected.part));
        match sum {
            Some(sum) if is_part => running.whole(sum),
            _ => {
                let mut at = stretch.first;
                let mut buffer = vec![0; 256 * 1024];
                while at < end {
                    let room = usize::try_from(end - at).unwrap_or(usize::MAX).min(buffer.len());
                    let read = read_at(file, &mut buffer[..room], at)?;
                    if read == 0 {
                        return Err(std::io::ErrorKind::UnexpectedEof.into());
                    }
                    running.update(&buffer[..read]);
                    at += read as u64;
                }
            }
        }
    }
    Ok(running.finish())
}
