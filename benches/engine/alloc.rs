//! Counts allocations. In: every request for memory of the thread that asks; out: how many there were, and how many bytes it
//! holds. The counters are a thread's own, so that counting never makes two threads wait for each other.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// The system's allocator, counted. A program that wants to count makes it its `#[global_allocator]`.
pub struct Counting;

thread_local! {
    static REQUESTS: Cell<u64> = const { Cell::new(0) };
    static HELD: Cell<i64> = const { Cell::new(0) };
}

fn note(requests: u64, bytes: i64) {
    // While a thread ends, its counters may be gone already: what it still does then is nobody's measurement.
    let _ = REQUESTS.try_with(|count| count.set(count.get() + requests));
    let _ = HELD.try_with(|held| held.set(held.get() + bytes));
}

// SAFETY: every call goes on to the system's allocator with the same arguments; counting touches no memory of the heap.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size() as i64);
        // SAFETY: the caller's promises are the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(1, layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(1, size as i64 - layout.size() as i64);
        // SAFETY: as above.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(0, -(layout.size() as i64));
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// How often this thread has asked for memory (or for another size of what it has).
pub fn requests() -> u64 {
    REQUESTS.with(Cell::get)
}

/// The bytes that this thread has asked for and not given back.
pub fn held() -> i64 {
    HELD.with(Cell::get)
}
