//! Tests of the virtual machine from outside: programs in, requests and ink out.

mod host_functions;
mod instructions;
mod limits;
mod mock_chain;
mod programs;
mod refusals;
mod vectors;
