//! A CLOB or BLOB in pieces, as far as the driver can be trusted with them.
//!
//! The driver asks for a third as many units as the buffer has bytes, and goes on behind what came. Two things go wrong
//! with it, and both show. A piece that would cut a pair of surrogates fails and moves nothing: one unit less is asked
//! for. And from databases before 23ai, where the last bytes of an answer travel in a packet of their own, the piece comes
//! twice over: more than was asked for. Then the driver fails for want of room and has not moved, or it has moved too far;
//! that does not matter at the end of the value, and before it the whole is read anew with another size.

use std::io::{ErrorKind, Read as _};

use oracledb::{Connection, Cursor, Lob};
use tokio::sync::mpsc;

use super::block::{ROWS, Ready};
use super::failure::Trouble;
use super::values::{self, Form};
use crate::db::driver::long::{self, LongValue, Pieces};
use crate::db::driver::sqlnet::text::locks;

/// How often a value is begun, each time with another size of pieces.
const ATTEMPTS: usize = 6;
/// So many rows tell whether there is more than one.
const FEW: u32 = 2;

/// What goes to the session.
#[derive(Debug)]
pub(super) enum Piece {
    /// The next piece.
    Bytes(Vec<u8>),
    /// What came so far is void.
    Again,
}

/// The session's end of the pieces.
pub(super) struct Given<'a> {
    pub(super) to: &'a mpsc::Sender<Piece>,
    pub(super) size: usize,
}

impl Given<'_> {
    fn give(&self, piece: Piece) -> Result<(), Trouble> {
        self.to.blocking_send(piece).map_err(|_| Trouble::Unread("nobody takes it any more".to_owned()))
    }
}

impl Pieces for Given<'_> {
    fn take(&mut self, piece: &[u8]) -> std::io::Result<()> {
        self.give(Piece::Bytes(piece.to_vec())).map_err(|_| ErrorKind::BrokenPipe.into())
    }

    fn again(&mut self) -> std::io::Result<()> {
        self.give(Piece::Again).map_err(|_| ErrorKind::BrokenPipe.into())
    }
}

/// How an attempt ended.
enum Attempt {
    Whole(LongValue),
    /// A piece came twice over, and the driver's place is lost.
    Lost,
}

/// Hands over the one value that a query gives.
///
/// # Errors
/// The query fails, or gives no single value; or nobody takes the pieces.
pub(super) fn read(
    connection: &Connection,
    ready: &Ready,
    given: &mut Given<'_>,
) -> Result<LongValue, Trouble> {
    let mut size = given.size.max(2);
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            given.give(Piece::Again)?;
        }
        match once(connection, ready, given, size)? {
            Attempt::Whole(value) => {
                if locks(&ready.text) {
                    connection.commit()?;
                }
                return Ok(value);
            }
            Attempt::Lost => size = smaller(size),
        }
    }
    Err(Trouble::Unread(format!(
        "its pieces came twice over, with {ATTEMPTS} sizes of pieces; select it in parts with dbms_lob.substr"
    )))
}

/// Another size: the answer's end moves by a good part of any usual packet.
fn smaller(size: usize) -> usize {
    size.saturating_sub((size / 22).max(1)).max(2)
}

fn once(
    connection: &Connection,
    ready: &Ready,
    given: &mut Given<'_>,
    size: usize,
) -> Result<Attempt, Trouble> {
    let named = ready.named();
    let statement = connection.statement(&ready.text)?.prefetch_rows(FEW).fetch_array_size(FEW).fetch_lobs();
    if ready.by_cursor {
        let mut done = statement.build()?.execute_named(&named)?;
        return of_cursor(done.out_bind_data().take::<Cursor>(ROWS)?, given, size);
    }
    of_cursor(statement.build()?.query_named(&named)?, given, size)
}

fn of_cursor(cursor: Cursor, given: &mut Given<'_>, size: usize) -> Result<Attempt, Trouble> {
    let read = cursor.columns().iter().map(values::column).collect::<Result<Vec<_>, Trouble>>()?;
    let [(column, form)] = read.as_slice() else {
        return Err(Trouble::NotOne(long::not_one("", read.len())));
    };
    let mut rows = cursor;
    let Some(row) = rows.next() else { return Err(Trouble::NotOne(long::not_one("no", 1))) };
    let mut row = row?;
    if rows.next().transpose()?.is_some() {
        return Err(Trouble::NotOne(long::not_one("more than one", 1)));
    }
    let null = match form {
        Form::LongText | Form::LongBytes => match row.take::<Option<Lob>>(0)? {
            Some(lob) if *form == Form::LongText => {
                if !text(lob, given, size)? {
                    return Ok(Attempt::Lost);
                }
                false
            }
            Some(lob) => {
                bytes(lob, given, size)?;
                false
            }
            None => true,
        },
        _ => {
            let value = values::value(&mut row, 0, *form)?;
            let handed = long::of_value(&column.of, &value, given);
            handed.map_err(|_| Trouble::Unread("nobody takes it any more".to_owned()))?.null
        }
    };
    Ok(Attempt::Whole(LongValue { of: column.of.clone(), null }))
}

/// A piece that was asked for.
enum Got {
    /// So many bytes, and the units that they are.
    Text { bytes: usize, units: usize },
    /// It would have ended inside a character.
    Cut,
    /// It had no room, so it came twice over, and the driver has not moved.
    Twice,
}

fn ask(lob: &mut Lob, buffer: &mut [u8]) -> Result<Got, Trouble> {
    match lob.read(buffer) {
        Ok(count) => {
            let text = std::str::from_utf8(&buffer[..count])
                .map_err(|e| Trouble::Unread(format!("a CLOB is no text: {e}")))?;
            Ok(Got::Text { bytes: count, units: units(text) })
        }
        Err(error) if error.kind() == ErrorKind::InvalidData => Ok(Got::Cut),
        Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(Got::Twice),
        Err(error) => Err(error.into()),
    }
}

/// The units of UTF-16 in a text.
fn units(text: &str) -> usize {
    // Only the bytes that begin a character count: those of four stand for two units.
    text.bytes().map(|byte| usize::from(byte & 0xC0 != 0x80) + usize::from(byte >= 0xF0)).sum()
}

/// The text in pieces; false where the driver has lost its place.
fn text(mut lob: Lob, given: &Given<'_>, mut size: usize) -> Result<bool, Trouble> {
    let whole = lob.get_size()?;
    let mut done = 0;
    // A piece that would cut a character is asked for once more with one unit less.
    let mut less = 0;
    while done < whole {
        let left = whole - done;
        let asked = size.min(left).saturating_sub(less).max(1);
        let mut buffer = vec![0; 3 * asked];
        match ask(&mut lob, &mut buffer)? {
            Got::Text { units: 0, .. } => {
                return Err(Trouble::Unread(format!("a CLOB of {whole} units ended after {done}")));
            }
            Got::Text { bytes, units } if units <= asked => {
                buffer.truncate(bytes);
                done += units;
            }
            Got::Text { bytes, .. } if asked == left && buffer[..bytes / 2] == buffer[bytes / 2..bytes] => {
                buffer.truncate(bytes / 2);
                done = whole;
            }
            Got::Text { .. } => return Ok(false),
            Got::Cut if less == 0 && asked > 1 => {
                less = 1;
                continue;
            }
            Got::Cut => return Err(Trouble::Unread("a CLOB is no text: half a character".to_owned())),
            Got::Twice if asked > 2 => {
                size = smaller(asked);
                less = 0;
                continue;
            }
            Got::Twice => return Err(Trouble::Unread("a CLOB gives more than is asked for".to_owned())),
        }
        less = 0;
        given.give(Piece::Bytes(buffer))?;
    }
    Ok(true)
}

/// The bytes in pieces. The buffer has no room for a piece that comes twice over, so the driver never loses its place.
fn bytes(mut lob: Lob, given: &Given<'_>, mut size: usize) -> Result<(), Trouble> {
    let whole = lob.get_size()?;
    let mut done = 0;
    while done < whole {
        let mut buffer = vec![0; size.min(whole - done)];
        match lob.read(&mut buffer) {
            Ok(0) => return Err(Trouble::Unread(format!("a BLOB of {whole} bytes ended after {done}"))),
            Ok(count) => {
                buffer.truncate(count);
                done += count;
                given.give(Piece::Bytes(buffer))?;
            }
            Err(error) if error.kind() == ErrorKind::InvalidInput && buffer.len() > 2 => {
                size = smaller(buffer.len());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_texts() {
        for text in ["", "a", "aä€", "🎈", "a🎈\u{10FFFF}\u{FFFF}z"] {
            assert_eq!(units(text), text.encode_utf16().count(), "{text}");
        }
    }

    #[test]
    fn another_size_moves_the_end_off_the_edge_of_a_packet() {
        for packet in [2_038, 4_086, 8_182, 16_374, 32_757, 65_525] {
            let mut size = 240_000;
            for _ in 1..ATTEMPTS {
                let next = smaller(size);
                let moved = 2 * (size - next) % packet;
                assert!(moved > 100 && packet - moved > 100, "{packet}: {size} to {next}");
                size = next;
            }
        }
        assert_eq!((smaller(3), smaller(2)), (2, 2));
    }
}
