//! Tests of the virtual machine from outside: programs in, requests and ink out.

mod mock_chain;
mod vectors;
