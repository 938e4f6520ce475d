//! MD5 of several bodies at once. One MD5 cannot be cut into parts that are worked on side by side, and its steps wait for each
//! other, so a processor is mostly idle while it makes one. Parts of uploads arrive together: here one step is done for up to
//! eight of them in the time of one or two, so that a sandbox that others measure against is not what they measure.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, TrySendError, channel, sync_channel};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use md5::block_api::compress;
use wide::u32x8;

/// How many bodies one step is done for.
const LANES: usize = 8;

/// From how many bodies on that is worth it. Without optimisation it never is: the crate that does one at a time is optimised
/// always.
const WORTH: usize = if cfg!(debug_assertions) { LANES + 1 } else { 3 };

/// With how many bodies the worker begins although nobody waits for one yet: a step for few takes as long as one for all.
const GATHERED: usize = if cfg!(debug_assertions) { 1 } else { LANES };

/// Bytes of a block.
const BLOCK: usize = 64;

/// How many bytes go to the worker at a time.
const STRETCH: usize = 256 * 1024;

/// How many stretches of a body wait for the worker before who receives it waits too.
const WAITING: usize = 32;

/// How many blocks are done before the worker looks for others who came meanwhile.
const TURN: usize = 256;

/// The state that MD5 begins with.
const BEGIN: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

type State = [u32; 4];

/// A body as the worker has it.
struct Body {
    state: State,
    stretches: Receiver<Vec<u8>>,
    /// The stretch in hand, and how many of its blocks are done.
    now: Option<(Vec<u8>, usize)>,
    wanted: Arc<AtomicBool>,
    answer: SyncSender<State>,
}

impl Body {
    /// Takes the next stretch in hand, unless there is one. False where no more will come: the answer is given then.
    fn go_on(&mut self) -> bool {
        if self.now.is_none() {
            match self.stretches.try_recv() {
                Ok(stretch) => self.now = Some((stretch, 0)),
                Err(TryRecvError::Empty) => self.wanted.store(false, Ordering::Release),
                Err(TryRecvError::Disconnected) => {
                    // Who asked may be gone: its body broke off.
                    self.answer.send(self.state).ok();
                    return false;
                }
            }
        }
        true
    }

    fn left(&self) -> usize {
        self.now.as_ref().map_or(0, |(stretch, done)| stretch.len() / BLOCK - done)
    }

    fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Acquire)
    }

    /// The next blocks in hand.
    fn next(&self, blocks: usize) -> &[u8] {
        self.now.as_ref().map_or(&[], |(stretch, done)| &stretch[done * BLOCK..(done + blocks) * BLOCK])
    }

    fn advance(&mut self, state: State, blocks: usize) {
        self.state = state;
        self.now = self
            .now
            .take()
            .map(|(stretch, done)| (stretch, done + blocks))
            .filter(|(stretch, done)| done * BLOCK < stretch.len());
    }
}

/// Where a body's stretches go to, and where its state comes from when there are no more.
struct Way {
    stretches: SyncSender<Vec<u8>>,
    wanted: Arc<AtomicBool>,
    answer: Receiver<State>,
}

/// The MD5 of a body that comes in pieces.
pub(super) struct Md5 {
    /// What is not yet with the worker.
    waiting: Vec<u8>,
    /// The worker knows a body from its first stretch on.
    way: Option<Way>,
    length: u64,
}

impl Md5 {
    pub(super) fn new() -> Self {
        Self { waiting: Vec::new(), way: None, length: 0 }
    }

    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len() as u64;
        while self.waiting.len() + bytes.len() >= STRETCH {
            let (now, later) = bytes.split_at(STRETCH - self.waiting.len());
            self.waiting.extend_from_slice(now);
            bytes = later;
            let stretch = std::mem::replace(&mut self.waiting, Vec::with_capacity(STRETCH));
            self.way.get_or_insert_with(begin).give(stretch);
        }
        self.waiting.extend_from_slice(bytes);
    }

    pub(super) fn finish(mut self) -> [u8; 16] {
        let mut state = self.way.take().map_or(BEGIN, Way::end);
        let mut last = self.waiting;
        last.push(0x80);
        while last.len() % BLOCK != BLOCK - 8 {
            last.push(0);
        }
        last.extend_from_slice(&self.length.wrapping_mul(8).to_le_bytes());
        compress(&mut state, last.as_chunks().0);
        let mut sum = [0; 16];
        for (bytes, word) in sum.as_chunks_mut().0.iter_mut().zip(state) {
            *bytes = word.to_le_bytes();
        }
        sum
    }
}

impl Way {
    fn give(&self, stretch: Vec<u8>) {
        let refused = self.stretches.try_send(stretch);
        if let Err(TrySendError::Full(stretch)) = refused {
            self.wanted.store(true, Ordering::Release);
            tell(None);
            self.stretches.send(stretch).expect("the worker holds a body till its end");
        } else {
            tell(None);
        }
    }

    fn end(self) -> State {
        let Self { stretches, wanted, answer } = self;
        drop(stretches);
        wanted.store(true, Ordering::Release);
        tell(None);
        answer.recv().expect("the worker answers for every body")
    }
}

/// Makes a body known to the worker.
fn begin() -> Way {
    let (stretches, taken) = sync_channel(WAITING);
    let (answer, answered) = sync_channel(1);
    let wanted = Arc::new(AtomicBool::new(false));
    let body = Body { state: BEGIN, stretches: taken, now: None, wanted: Arc::clone(&wanted), answer };
    tell(Some(body));
    Way { stretches, wanted, answer: answered }
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
        idle = ready == 0 || ready < GATHERED && !open[0].is_wanted();
        if !idle {
            let few = if ready < WORTH { 1 } else { ready.min(LANES) };
            turn(&mut open[..few]);
        }
    }
}

/// A turn for these bodies, which all have a stretch in hand.
fn turn(open: &mut [Body]) {
    let blocks = open.iter().map(Body::left).min().unwrap_or(0).min(TURN);
    if let [body] = open {
        let mut state = body.state;
        compress(&mut state, body.next(blocks).as_chunks().0);
        body.advance(state, blocks);
        return;
    }
    let lane = |number: usize| &open[number.min(open.len() - 1)];
    let mut states: [State; LANES] = std::array::from_fn(|number| lane(number).state);
    let bytes: [&[u8]; LANES] = std::array::from_fn(|number| lane(number).next(blocks));
    compress_together(&mut states, &bytes);
    for (body, state) in open.iter_mut().zip(states) {
        body.advance(state, blocks);
    }
}

/// The constants of the 64 steps, and the distances by which each round turns in its four steps, as RFC 1321 has them.
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
const TURNS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// One round: its mixing function, and which word of the block each step takes (`first`, and `by` further each time).
#[expect(clippy::inline_always, reason = "the steps are one only where the lanes stay in registers")]
#[inline(always)]
fn round(
    number: usize,
    words: &[u32x8; 16],
    state: &mut [u32x8; 4],
    (first, by): (usize, usize),
    mix: impl Fn(u32x8, u32x8, u32x8) -> u32x8,
) {
    for step in 0..16 {
        let [a, b, c, d] = *state;
        let turn = TURNS[number][step % 4];
        let sum =
            a + mix(b, c, d) + words[(first + by * step) % 16] + u32x8::splat(SINES[number * 16 + step]);
        *state = [d, b + ((sum << turn) | (sum >> (32 - turn))), b, c];
    }
}

/// As many blocks of each lane as its bytes hold; all hold as many.
fn compress_together(states: &mut [State; LANES], bytes: &[&[u8]; LANES]) {
    let mut state: [u32x8; 4] = std::array::from_fn(|word| {
        u32x8::from(std::array::from_fn::<u32, LANES, _>(|lane| states[lane][word]))
    });
    let lanes: [&[[u8; BLOCK]]; LANES] = bytes.map(|bytes| bytes.as_chunks().0);
    let blocks = lanes.map(<[_]>::len).into_iter().min().unwrap_or_default();
    for at in 0..blocks {
        let block = lanes.map(|lane| lane[at].as_chunks().0);
        let words: [u32x8; 16] = std::array::from_fn(|word| {
            let of_lane = |lane: usize| u32::from_le_bytes(block[lane][word]);
            u32x8::from(std::array::from_fn::<u32, LANES, _>(of_lane))
        });
        let before = state;
        round(0, &words, &mut state, (0, 1), |b, c, d| (b & (c ^ d)) ^ d);
        round(1, &words, &mut state, (1, 5), |b, c, d| (d & (b ^ c)) ^ c);
        round(2, &words, &mut state, (5, 3), |b, c, d| b ^ c ^ d);
        round(3, &words, &mut state, (0, 7), |b, c, d| c ^ (b | !d));
        for (word, before) in state.iter_mut().zip(before) {
            *word += before;
        }
    }
    for (lane, whole) in states.iter_mut().enumerate() {
        *whole = std::array::from_fn(|word| state[word].to_array()[lane]);
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
        for length in [0, 1, 55, 56, 63, 64, 65, STRETCH - 1, STRETCH, STRETCH + 1, 3 * STRETCH + 77] {
            let whole = bytes(length, 3);
            for piece in [61, 4096, STRETCH + 5] {
                let mut sum = Md5::new();
                whole.chunks(piece).for_each(|piece| sum.update(piece));
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
        compress_together(&mut together, &std::array::from_fn(|lane| &texts[lane][..]));
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
                let (_, stretches) = sync_channel(1);
                let (answer, _) = sync_channel(1);
                let now = Some((bytes, number));
                Body { state: BEGIN, stretches, now, wanted: Arc::default(), answer }
            };
            let mut open: Vec<Body> = (0..count).map(body).collect();
            turn(&mut open);
            for (number, body) in open.iter().enumerate() {
                let mut alone = BEGIN;
                let (bytes, done) = body.now.as_ref().expect("a turn leaves some of it");
                compress(&mut alone, &bytes.as_chunks().0[number..*done]);
                assert_eq!((body.state, *done), (alone, number + TURN), "{number} of {count}");
            }
        }
    }

    /// More bodies than lanes, longer than what waits for the worker, some of which break off.
    #[test]
    fn many_bodies_at_once_get_their_sums() {
        std::thread::scope(|scope| {
            for number in 0..LANES + 5 {
                scope.spawn(move || {
                    let whole = bytes(STRETCH * (WAITING + 3) + number * 1000, number);
                    let mut sum = Md5::new();
                    whole.chunks(70_000).for_each(|piece| sum.update(piece));
                    if number % 4 != 0 {
                        assert_eq!(sum.finish()[..], md5::Md5::digest(&whole)[..], "{number}");
                    }
                });
            }
        });
    }
}
