//! MD5 of several bodies at once. One MD5 cannot be cut into parts that are worked on side by side, and its steps wait for each
//! other, so a processor is mostly idle while it makes one. Parts of uploads arrive together: here one step is done for up to
//! eight of them in the time of one or two, so that a sandbox that others measure against is not what they measure.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{LazyLock, Mutex, PoisonError};

use md5::block_api::compress;
use wide::u32x8;

/// How many bodies one step is done for.
const LANES: usize = 8;

/// From how many bodies on that is worth it. Without optimisation it never is: the crate that does one at a time is optimised
/// always.
const WORTH: usize = if cfg!(debug_assertions) { LANES + 1 } else { 3 };

/// Bytes of a block.
const BLOCK: usize = 64;

/// How many bytes go to the worker at a time.
const STRETCH: usize = 256 * 1024;

/// How many blocks are done before the worker looks for others who came meanwhile.
const TURN: usize = 256;

/// The state that MD5 begins with.
const BEGIN: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

type State = [u32; 4];

/// Some blocks of one body, for the worker.
struct Job {
    state: State,
    bytes: Vec<u8>,
    answer: SyncSender<(State, Vec<u8>)>,
}

/// The MD5 of a body that comes in pieces.
pub(super) struct Md5 {
    state: State,
    /// What is not yet with the worker.
    waiting: Vec<u8>,
    /// Where the worker's answer comes, while it has a stretch.
    out: Option<Receiver<(State, Vec<u8>)>>,
    /// A buffer to fill again.
    spare: Vec<u8>,
    length: u64,
}

impl Md5 {
    pub(super) fn new() -> Self {
        Self { state: BEGIN, waiting: Vec::new(), out: None, spare: Vec::new(), length: 0 }
    }

    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len() as u64;
        while self.waiting.len() + bytes.len() >= STRETCH {
            let (now, later) = bytes.split_at(STRETCH - self.waiting.len());
            self.waiting.extend_from_slice(now);
            bytes = later;
            self.settle();
            let stretch = std::mem::replace(&mut self.waiting, std::mem::take(&mut self.spare));
            self.out = Some(hand_over(self.state, stretch));
        }
        self.waiting.extend_from_slice(bytes);
    }

    pub(super) fn finish(mut self) -> [u8; 16] {
        self.settle();
        let mut last = std::mem::take(&mut self.waiting);
        last.push(0x80);
        while last.len() % BLOCK != BLOCK - 8 {
            last.push(0);
        }
        last.extend_from_slice(&self.length.wrapping_mul(8).to_le_bytes());
        compress(&mut self.state, last.as_chunks().0);
        let mut sum = [0; 16];
        for (bytes, word) in sum.as_chunks_mut().0.iter_mut().zip(self.state) {
            *bytes = word.to_le_bytes();
        }
        sum
    }

    /// Waits for what the worker has.
    fn settle(&mut self) {
        if let Some(out) = self.out.take() {
            (self.state, self.spare) = out.recv().expect("the worker answers every job");
            self.spare.clear();
        }
    }
}

/// Gives a stretch to the worker, of which there is one in the process: only what it has together can go together.
fn hand_over(state: State, bytes: Vec<u8>) -> Receiver<(State, Vec<u8>)> {
    static WORKER: LazyLock<Mutex<Sender<Job>>> = LazyLock::new(|| {
        let (give, take) = channel();
        std::thread::spawn(move || work(&take));
        Mutex::new(give)
    });
    let (answer, out) = sync_channel(1);
    let worker = WORKER.lock().unwrap_or_else(PoisonError::into_inner);
    worker
        .send(Job { state, bytes, answer })
        .expect("the worker waits for jobs as long as the process lives");
    out
}

fn work(jobs: &Receiver<Job>) {
    let mut open: Vec<(Job, usize)> = Vec::new();
    loop {
        while open.len() < LANES {
            let next = if open.is_empty() { jobs.recv().ok() } else { jobs.try_recv().ok() };
            match next {
                Some(job) => open.push((job, 0)),
                None if open.is_empty() => return,
                None => break,
            }
        }
        if open.len() >= WORTH {
            together(&mut open);
        } else {
            let (job, done) = &mut open[0];
            let blocks = &job.bytes.as_chunks().0[*done..];
            let now = blocks.len().min(TURN);
            compress(&mut job.state, &blocks[..now]);
            *done += now;
        }
        for (job, _) in open.extract_if(.., |(job, done)| *done * BLOCK == job.bytes.len()) {
            // Who asked may be gone: its body broke off.
            job.answer.send((job.state, job.bytes)).ok();
        }
    }
}

/// A turn for all that are open.
fn together(open: &mut [(Job, usize)]) {
    let left = |(job, done): &(Job, usize)| job.bytes.len() / BLOCK - done;
    let turn = open.iter().map(left).min().unwrap_or(0).min(TURN);
    let lane = |number: usize| &open[number.min(open.len() - 1)];
    let mut states: [State; LANES] = std::array::from_fn(|number| lane(number).0.state);
    let bytes: [&[u8]; LANES] = std::array::from_fn(|number| {
        let (job, done) = lane(number);
        &job.bytes[done * BLOCK..(done + turn) * BLOCK]
    });
    compress_together(&mut states, &bytes);
    for ((job, done), state) in open.iter_mut().zip(states) {
        job.state = state;
        *done += turn;
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
    fn open_jobs_of_all_lengths_get_their_sums() {
        for count in 1..=LANES {
            let (answer, _out) = sync_channel(1);
            let job = |number: usize| {
                let bytes = bytes(BLOCK * (300 + number), number);
                (Job { state: BEGIN, bytes, answer: answer.clone() }, number)
            };
            let mut open: Vec<(Job, usize)> = (0..count).map(job).collect();
            together(&mut open);
            for (number, (job, done)) in open.iter().enumerate() {
                let mut alone = BEGIN;
                compress(&mut alone, &job.bytes.as_chunks().0[number..*done]);
                assert_eq!((job.state, *done), (alone, number + TURN), "{number} of {count}");
            }
        }
    }
}
