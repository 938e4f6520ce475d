//! MD5 of several bodies at once. One MD5 cannot be cut into parts that are worked on side by side, and its steps wait for each
//! other, so a processor is mostly idle while it makes one. Parts of uploads arrive together: here one step is done for up to
//! eight of them in the time of one, so that a sandbox that others measure against is not what they measure. Where the
//! processor has no lanes for that, each is done alone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, TrySendError, channel, sync_channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use bytes::Bytes;
use md5::block_api::compress;

/// How many bodies one step is done for.
const LANES: usize = 8;

/// From how many bodies on that is worth it. Without optimisation it never is: the crate that does one at a time is optimised
/// always.
const WORTH: usize = if cfg!(debug_assertions) { LANES + 1 } else { 2 };

/// With how many bodies the worker begins although nobody waits for one yet: a step for few takes as long as one for all.
const GATHERED: usize = if cfg!(debug_assertions) { 1 } else { LANES };

/// Bytes of a block.
const BLOCK: usize = 64;

/// Up to how many bytes a body is summed up by who receives it.
const SMALL: usize = 256 * 1024;

/// How many pieces of a body wait for the worker before who receives it waits too.
const WAITING: usize = 32;

/// How many blocks are done before the worker looks for others who came meanwhile.
const TURN: usize = 256;

/// The state that MD5 begins with.
const BEGIN: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

type State = [u32; 4];

/// How far a sum is: the state after all whole blocks, and what comes after them.
struct Sum {
    state: State,
    rest: Vec<u8>,
}

impl Sum {
    const fn new() -> Self {
        Self { state: BEGIN, rest: Vec::new() }
    }

    /// Takes a piece in, and gives back its whole blocks, which are not summed up yet.
    fn take(&mut self, mut piece: Bytes) -> Bytes {
        if !self.rest.is_empty() {
            let more = piece.split_to(piece.len().min(BLOCK - self.rest.len()));
            self.rest.extend_from_slice(&more);
            if self.rest.len() == BLOCK {
                compress(&mut self.state, self.rest.as_chunks().0);
                self.rest.clear();
            }
        }
        let whole = piece.len() / BLOCK * BLOCK;
        self.rest.extend_from_slice(&piece.split_off(whole));
        piece
    }

    fn finish(mut self, length: u64) -> [u8; 16] {
        self.rest.push(0x80);
        while self.rest.len() % BLOCK != BLOCK - 8 {
            self.rest.push(0);
        }
        self.rest.extend_from_slice(&length.wrapping_mul(8).to_le_bytes());
        compress(&mut self.state, self.rest.as_chunks().0);
        let mut sum = [0; 16];
        for (bytes, word) in sum.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_le_bytes();
        }
        sum
    }
}

/// A body as the worker has it.
struct Body {
    sum: Sum,
    pieces: Receiver<Bytes>,
    /// The whole blocks in hand, and how many of them are done.
    now: Option<(Bytes, usize)>,
    wanted: Arc<AtomicBool>,
    answer: SyncSender<Sum>,
}

impl Body {
    /// Takes the next blocks in hand, unless there are some. False where no more will come: the answer is given then.
    fn go_on(&mut self) -> bool {
        while self.now.is_none() {
            match self.pieces.try_recv() {
                Ok(piece) => {
                    let blocks = self.sum.take(piece);
                    self.now = (!blocks.is_empty()).then_some((blocks, 0));
                }
                Err(TryRecvError::Empty) => {
                    self.wanted.store(false, Ordering::Release);
                    break;
                }
                Err(TryRecvError::Disconnected) => {
                    // Who asked may be gone: its body broke off.
                    self.answer.send(std::mem::replace(&mut self.sum, Sum::new())).ok();
                    return false;
                }
            }
        }
        true
    }

    fn left(&self) -> usize {
        self.now.as_ref().map_or(0, |(blocks, done)| blocks.len() / BLOCK - done)
    }

    fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Acquire)
    }

    /// The next blocks in hand.
    fn next(&self, blocks: usize) -> &[u8] {
        self.now.as_ref().map_or(&[], |(bytes, done)| &bytes[done * BLOCK..(done + blocks) * BLOCK])
    }

    fn advance(&mut self, state: State, blocks: usize) {
        self.sum.state = state;
        self.now = self
            .now
            .take()
            .map(|(bytes, done)| (bytes, done + blocks))
            .filter(|(bytes, done)| done * BLOCK < bytes.len());
    }
}

/// Where a body's pieces go to, and where its sum comes from when there are no more.
struct Way {
    pieces: SyncSender<Bytes>,
    wanted: Arc<AtomicBool>,
    answer: Receiver<Sum>,
}

/// The MD5 of a body that comes in pieces.
pub(super) struct Md5 {
    /// What is not with the worker.
    waiting: Vec<Bytes>,
    /// The worker knows a body only once it is not small any more.
    way: Option<Way>,
    length: u64,
}

impl Md5 {
    pub(super) fn new() -> Self {
        Self { waiting: Vec::new(), way: None, length: 0 }
    }

    pub(super) fn update(&mut self, bytes: &Bytes) {
        self.length += bytes.len() as u64;
        self.waiting.push(bytes.clone());
        if self.length > SMALL as u64 {
            let way = self.way.get_or_insert_with(begin);
            self.waiting.drain(..).for_each(|piece| way.give(piece));
        }
    }

    pub(super) fn finish(mut self) -> [u8; 16] {
        let mut sum = self.way.take().map_or(const { Sum::new() }, Way::end);
        for piece in self.waiting {
            let blocks = sum.take(piece);
            compress(&mut sum.state, blocks.as_chunks().0);
        }
        sum.finish(self.length)
    }
}

impl Way {
    fn give(&self, piece: Bytes) {
        let refused = self.pieces.try_send(piece);
        if let Err(TrySendError::Full(piece)) = refused {
            self.wanted.store(true, Ordering::Release);
            tell(None);
            self.pieces.send(piece).expect("the worker holds a body till its end");
        } else {
            tell(None);
        }
    }

    fn end(self) -> Sum {
        let Self { pieces, wanted, answer } = self;
        drop(pieces);
        wanted.store(true, Ordering::Release);
        tell(None);
        answer.recv().expect("the worker answers for every body")
    }
}

/// Makes a body known to the worker.
fn begin() -> Way {
    let (pieces, taken) = sync_channel(WAITING);
    let (answer, answered) = sync_channel(1);
    let wanted = Arc::new(AtomicBool::new(false));
    let body = Body { sum: Sum::new(), pieces: taken, now: None, wanted: Arc::clone(&wanted), answer };
    tell(Some(body));
    Way { pieces, wanted, answer: answered }
}

/// Wakes the worker, of which there is one in the process: only what it has together can go together.
fn tell(news: Option<Body>) {
    static WORKER: LazyLock<Mutex<Sender<Option<Body>>>> = LazyLock::new(|| {
        let (give, take) = channel();
        std::thread::spawn(move || work(&take));
        Mutex::new(give)
    });
    let worker = WORKER.lock().unwrap_or_else(PoisonError::into_inner);
    worker.send(news).expect("the worker waits for news as long as the process lives");
}

fn work(news: &Receiver<Option<Body>>) {
    let lanes = lanes::Lanes::of_this_processor();
    let worth = if lanes.is_some() { WORTH } else { LANES + 1 };
    let gathered = if lanes.is_some() { GATHERED } else { 1 };
    let mut open: Vec<Body> = Vec::new();
    let mut idle = true;
    loop {
        if idle {
            let Ok(body) = news.recv() else { return };
            open.extend(body);
        }
        open.extend(news.try_iter().flatten());
        open.retain_mut(Body::go_on);
        // Those that somebody waits for come first.
        open.sort_by_key(|body| (body.now.is_none(), !body.is_wanted()));
        let ready = open.iter().filter(|body| body.now.is_some()).count();
        idle = ready == 0 || ready < gathered && !open[0].is_wanted();
        if !idle {
            let few = if ready < worth { 1 } else { ready.min(LANES) };
            turn(&mut open[..few], lanes);
        }
    }
}

/// A turn for these bodies, which all have blocks in hand.
fn turn(open: &mut [Body], lanes: Option<lanes::Lanes>) {
    let blocks = open.iter().map(Body::left).min().unwrap_or(0).min(TURN);
    let (Some(lanes), true) = (lanes, open.len() > 1) else {
        for body in open {
            let mut state = body.sum.state;
            compress(&mut state, body.next(blocks).as_chunks().0);
            body.advance(state, blocks);
        }
        return;
    };
    let lane = |number: usize| &open[number.min(open.len() - 1)];
    let mut states: [State; LANES] = std::array::from_fn(|number| lane(number).sum.state);
    let bytes: [&[u8]; LANES] = std::array::from_fn(|number| lane(number).next(blocks));
    lanes.compress(&mut states, &bytes);
    for (body, state) in open.iter_mut().zip(states) {
        body.advance(state, blocks);
    }
}

/// The steps of MD5 in the eight lanes of a register, with AVX2.
#[cfg(target_arch = "x86_64")]
mod lanes {
    use pulp::x86::V3;
    use pulp::{NullaryFnOnce, Simd, cast, u32x8};

    use super::{BLOCK, LANES, State};

    /// The processor's registers.
    #[derive(Clone, Copy)]
    pub(super) struct Lanes(V3);

    impl Lanes {
        pub(super) fn of_this_processor() -> Option<Self> {
            V3::try_new().map(Self)
        }

        /// As many blocks of each lane as its bytes hold; all hold as many.
        pub(super) fn compress(self, states: &mut [State; LANES], bytes: &[&[u8]; LANES]) {
            self.0.vectorize(Blocks { registers: self.0, states, bytes });
        }
    }

    struct Blocks<'a> {
        registers: V3,
        states: &'a mut [State; LANES],
        bytes: &'a [&'a [u8]; LANES],
    }

    /// The constants of the 64 steps, as RFC 1321 has them.
    const SINES: [u32; 64] = [
        0xd76a_a478,
        0xe8c7_b756,
        0x2420_70db,
        0xc1bd_ceee,
        0xf57c_0faf,
        0x4787_c62a,
        0xa830_4613,
        0xfd46_9501,
        0x6980_98d8,
        0x8b44_f7af,
        0xffff_5bb1,
        0x895c_d7be,
        0x6b90_1122,
        0xfd98_7193,
        0xa679_438e,
        0x49b4_0821,
        0xf61e_2562,
        0xc040_b340,
        0x265e_5a51,
        0xe9b6_c7aa,
        0xd62f_105d,
        0x0244_1453,
        0xd8a1_e681,
        0xe7d3_fbc8,
        0x21e1_cde6,
        0xc337_07d6,
        0xf4d5_0d87,
        0x455a_14ed,
        0xa9e3_e905,
        0xfcef_a3f8,
        0x676f_02d9,
        0x8d2a_4c8a,
        0xfffa_3942,
        0x8771_f681,
        0x6d9d_6122,
        0xfde5_380c,
        0xa4be_ea44,
        0x4bde_cfa9,
        0xf6bb_4b60,
        0xbebf_bc70,
        0x289b_7ec6,
        0xeaa1_27fa,
        0xd4ef_3085,
        0x0488_1d05,
        0xd9d4_d039,
        0xe6db_99e5,
        0x1fa2_7cf8,
        0xc4ac_5665,
        0xf429_2244,
        0x432a_ff97,
        0xab94_23a7,
        0xfc93_a039,
        0x655b_59c3,
        0x8f0c_cc92,
        0xffef_f47d,
        0x8584_5dd1,
        0x6fa8_7e4f,
        0xfe2c_e6e0,
        0xa301_4314,
        0x4e08_11a1,
        0xf753_7e82,
        0xbd3a_f235,
        0x2ad7_d2bb,
        0xeb86_d391,
    ];

    #[expect(clippy::inline_always, reason = "only what is part of `call` has the registers")]
    #[inline(always)]
    fn step<const LEFT: i32, const RIGHT: i32>(
        on: V3,
        state: &mut [u32x8; 4],
        word: u32x8,
        sine: u32,
        mix: impl Fn(u32x8, u32x8, u32x8) -> u32x8,
    ) {
        let [a, b, c, d] = *state;
        let sum = on.add_u32s(on.add_u32s(a, mix(b, c, d)), on.add_u32s(word, on.splat_u32s(sine)));
        let turned = on.or_u32s(on.shl_const_u32x8::<LEFT>(sum), on.shr_const_u32x8::<RIGHT>(sum));
        *state = [d, on.add_u32s(b, turned), b, c];
    }

    /// One round: which word of the block each step takes (`first`, and `by` further each time), the first of its constants, by
    /// how many bits its four steps turn to the left (and so to the right), and its mixing function.
    macro_rules! round {
        ($on:ident, $state:ident, $words:ident[$first:literal, $by:literal], $sines:literal, [$($left:literal / $right:literal),*], $mix:expr) => {{
            let mut number = 0;
            for _ in 0..4 {
                $(
                    let word = $words[($first + $by * number) % 16];
                    step::<$left, $right>($on, &mut $state, word, SINES[$sines + number], $mix);
                    number += 1;
                )*
            }
        }};
    }

    impl NullaryFnOnce for Blocks<'_> {
        type Output = ();

        #[expect(clippy::inline_always, reason = "the registers are there only where it is called")]
        #[inline(always)]
        fn call(self) {
            let Self { registers: on, states, bytes } = self;
            let mut state: [u32x8; 4] = std::array::from_fn(|word| {
                cast(std::array::from_fn::<u32, LANES, _>(|lane| states[lane][word]))
            });
            let all: [&[[u8; BLOCK]]; LANES] = bytes.map(|bytes| bytes.as_chunks().0);
            let blocks = all.map(<[_]>::len).into_iter().min().unwrap_or_default();
            for at in 0..blocks {
                let block = all.map(|lane| lane[at].as_chunks().0);
                let words: [u32x8; 16] = std::array::from_fn(|word| {
                    cast(std::array::from_fn::<u32, LANES, _>(|lane| u32::from_le_bytes(block[lane][word])))
                });
                let before = state;
                round!(on, state, words[0, 1], 0, [7 / 25, 12 / 20, 17 / 15, 22 / 10], |b, c, d| on
                    .xor_u32s(on.and_u32s(b, on.xor_u32s(c, d)), d));
                round!(on, state, words[1, 5], 16, [5 / 27, 9 / 23, 14 / 18, 20 / 12], |b, c, d| on
                    .xor_u32s(on.and_u32s(d, on.xor_u32s(b, c)), c));
                round!(on, state, words[5, 3], 32, [4 / 28, 11 / 21, 16 / 16, 23 / 9], |b, c, d| on
                    .xor_u32s(on.xor_u32s(b, c), d));
                round!(on, state, words[0, 7], 48, [6 / 26, 10 / 22, 15 / 17, 21 / 11], |b, c, d| on
                    .xor_u32s(c, on.or_u32s(b, on.not_u32s(d))));
                for (word, before) in state.iter_mut().zip(before) {
                    *word = on.add_u32s(*word, before);
                }
            }
            let words: [[u32; LANES]; 4] = state.map(cast);
            for (lane, whole) in states.iter_mut().enumerate() {
                *whole = std::array::from_fn(|word| words[word][lane]);
            }
        }
    }
}

/// Another processor does each body alone.
#[cfg(not(target_arch = "x86_64"))]
mod lanes {
    use super::{LANES, State};

    #[derive(Clone, Copy)]
    pub(super) enum Lanes {}

    impl Lanes {
        pub(super) fn of_this_processor() -> Option<Self> {
            None
        }

        pub(super) fn compress(self, _: &mut [State; LANES], _: &[&[u8]; LANES]) {
            match self {}
        }
    }
}

#[cfg(test)]
mod tests {
    use md5::Digest as _;

    use super::*;

    fn bytes(length: usize, seed: usize) -> Vec<u8> {
        (0..length)
            .map(|at| u8::try_from((at * 31 + seed * 7 + (at >> 8)) % 251).expect("below 251"))
            .collect()
    }

    #[test]
    fn a_sum_is_that_of_the_crate_whatever_its_pieces() {
        for length in [0, 1, 55, 56, 63, 64, 65, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL + 77] {
            let whole = bytes(length, 3);
            for piece in [61, 64, 4096, SMALL + 5] {
                let mut sum = Md5::new();
                whole.chunks(piece).for_each(|piece| sum.update(&Bytes::copy_from_slice(piece)));
                assert_eq!(
                    sum.finish()[..],
                    md5::Md5::digest(&whole)[..],
                    "{length} bytes in pieces of {piece}"
                );
            }
        }
    }

    #[test]
    fn lanes_give_what_each_gives_alone() {
        let texts: Vec<Vec<u8>> = (0..LANES).map(|lane| bytes(BLOCK * 40, lane)).collect();
        let mut alone: [State; LANES] = std::array::from_fn(|lane| {
            let lane = u32::try_from(lane).expect("few");
            BEGIN.map(|word| word.wrapping_mul(lane + 1))
        });
        let mut together = alone;
        let Some(lanes) = lanes::Lanes::of_this_processor() else { return };
        lanes.compress(&mut together, &std::array::from_fn(|lane| &texts[lane][..]));
        for (state, text) in alone.iter_mut().zip(&texts) {
            compress(state, text.as_chunks().0);
        }
        assert_eq!(together, alone);
    }

    #[test]
    fn open_bodies_of_all_lengths_get_their_sums() {
        for count in 1..=LANES {
            let body = |number: usize| {
                let bytes = bytes(BLOCK * (300 + number), number);
                let (_, pieces) = sync_channel(1);
                let (answer, _) = sync_channel(1);
                let now = Some((Bytes::from(bytes), number));
                Body { sum: Sum::new(), pieces, now, wanted: Arc::default(), answer }
            };
            let mut open: Vec<Body> = (0..count).map(body).collect();
            turn(&mut open, lanes::Lanes::of_this_processor());
            for (number, body) in open.iter().enumerate() {
                let mut alone = BEGIN;
                let (bytes, done) = body.now.as_ref().expect("a turn leaves some of it");
                compress(&mut alone, &bytes.as_chunks().0[number..*done]);
                assert_eq!((body.sum.state, *done), (alone, number + TURN), "{number} of {count}");
            }
        }
    }

    /// More bodies than lanes, longer than what waits for the worker, some of which break off.
    #[test]
    fn many_bodies_at_once_get_their_sums() {
        std::thread::scope(|scope| {
            for number in 0..LANES + 5 {
                scope.spawn(move || {
                    let whole = bytes(SMALL * 10 + number * 1000, number);
                    let mut sum = Md5::new();
                    whole.chunks(70_001).for_each(|piece| sum.update(&Bytes::copy_from_slice(piece)));
                    if number % 4 != 0 {
                        assert_eq!(sum.finish()[..], md5::Md5::digest(&whole)[..], "{number}");
                    }
                });
            }
        });
    }
}
