//! Clears what polling a future leaves on the thread's stack.
//!
//! A value that moves leaves copies in dead stack frames, and nothing else clears those: the allocator sees
//! only the heap, `Zeroizing` only the last place. A worker's stack then keeps a return code until something
//! happens to overwrite it. Whatever touches plaintext runs inside [`cleared`].

use std::{
    future::{Future, poll_fn},
    hint::black_box,
    pin::Pin,
    task::{Context, Poll},
};

/// Runs `future` and clears the stack below it after every poll, also one that panics; between two polls
/// the work may move to another thread, so the end alone would not do.
pub async fn cleared<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    poll_fn(|context| -> Poll<F::Output> {
        let _after = ClearBelow;
        poll_below(future.as_mut(), context)
    })
    .await
}

/// Never inlined: what a poll keeps in its frame must lie where [`clear_below`] writes.
#[inline(never)]
fn poll_below<F: Future>(future: Pin<&mut F>, context: &mut Context<'_>) -> Poll<F::Output> {
    future.poll(context)
}

struct ClearBelow;

impl Drop for ClearBelow {
    fn drop(&mut self) {
        clear_below();
    }
}

/// Overwrites the frames that calls from here have used. Never inlined: it must begin where they began.
#[inline(never)]
fn clear_below() {
    let mut frames = [0_u8; CLEARED_BYTES];
    // The compiler must take them for read, or it would leave the writing out.
    black_box(&mut frames);
}

/// Sealing a report goes 64 KiB deep; a thread has [`crate::limits::THREAD_STACK_BYTES`].
const CLEARED_BYTES: usize = 128 * 1024;
