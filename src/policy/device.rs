//! Where tensors live. In: a wish for CUDA; out: the device, or why it is not to be had.

use tch::{Cuda, Device};

/// The first CUDA device, if the linked libtorch can reach one.
pub fn cuda() -> Result<Device, String> {
    load_cuda_library();
    match Cuda::is_available() {
        true => Ok(Device::Cuda(0)),
        false => Err(
            "no CUDA device: this needs a CUDA build of PyTorch 2.11 (build with LIBTORCH_USE_PYTORCH=1) and a GPU; \
                      leave out `--device cuda` to train on the CPU"
                .to_owned(),
        ),
    }
}

/// The linker drops `libtorch_cuda`, which nothing refers to; once loaded it registers itself with libtorch.
fn load_cuda_library() {
    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
    // SAFETY: the library is PyTorch's own, of the release this binary is linked to; its initialisers are meant to run
    // when it is loaded, which happens once, before any CUDA tensor exists.
    let loaded = unsafe { Library::open(Some("libtorch_cuda.so"), RTLD_NOW | RTLD_GLOBAL) };
    if let Ok(library) = loaded {
        // It must stay for as long as the process: its kernels are registered for good.
        std::mem::forget(library);
    }
}
