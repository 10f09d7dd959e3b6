//! The table of methods.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::time::Instant;

use jsonrpsee::RpcModule;
use serde::Serialize;

use crate::error::{internal, RpcResult};
use crate::node::Node;
use crate::params::Args;

/// Collects the methods served.
pub(crate) struct Registry {
    pub module: RpcModule<Node>,
}

impl Registry {
    /// Serves `handler` under all the names, the first being the one it is logged by. `at_most` is the
    /// number of arguments it knows; a request with more is refused, as in geth.
    ///
    /// Handlers run where the request was read: all need the one chain, and most hold it for less
    /// than a millisecond.
    pub fn add<R, F>(&mut self, names: &[&'static str], at_most: usize, handler: F) -> &mut Self
    where
        R: Serialize + Clone + 'static,
        F: Fn(&Node, &mut Args<'_>) -> RpcResult<R> + Send + Sync + 'static,
    {
        let name = names[0];
        let callback = move |params: jsonrpsee::types::Params<'_>, node: &Node, _: &_| {
            let start = Instant::now();
            let work = || handler(node, &mut Args::new(&params, at_most)?);
            let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
                tracing::error!(target: "clay::rpc", "{name} panicked");
                Err(internal(format!("internal error in {name}")))
            });
            let micros = start.elapsed().as_micros();
            match &result {
                Ok(_) => tracing::debug!(target: "clay::rpc", "{name} in {micros} us"),
                Err(error) => {
                    let (code, message) = (error.code(), error.message());
                    tracing::debug!(target: "clay::rpc", "{name} in {micros} us: {code} {message}");
                }
            }
            result
        };
        let unique = "each method is registered once";
        self.module.register_method(name, callback).expect(unique);
        for alias in &names[1..] {
            self.module.register_alias(alias, name).expect(unique);
        }
        self
    }
}
