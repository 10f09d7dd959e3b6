//! A limit to how long an RPC may take to answer: one that accepts and keeps silent counts as unreachable.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use alloy::transports::{TransportError, TransportErrorKind};
use tower::{Layer, Service};

/// Gives every request of a transport this long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(pub(crate) Duration);

impl Deadline {
    /// Waits for an answer until the deadline.
    pub(crate) async fn bound<T>(
        self,
        answer: impl Future<Output = Result<T, TransportError>>,
    ) -> Result<T, TransportError> {
        let late = |_| {
            TransportErrorKind::custom_str(&format!("no answer within {} s", self.0.as_secs_f64()))
        };
        tokio::time::timeout(self.0, answer).await.map_err(late)?
    }
}

impl<T> Layer<T> for Deadline {
    type Service = Bounded<T>;

    fn layer(&self, transport: T) -> Bounded<T> {
        Bounded {
            transport,
            deadline: *self,
        }
    }
}

/// A transport whose requests have a deadline.
#[derive(Clone, Debug)]
pub(crate) struct Bounded<T> {
    transport: T,
    deadline: Deadline,
}

impl<T, R> Service<R> for Bounded<T>
where
    T: Service<R, Error = TransportError>,
    T::Future: Send + 'static,
    T::Response: 'static,
{
    type Response = T::Response;
    type Error = TransportError;
    type Future = Pin<Box<dyn Future<Output = Result<T::Response, TransportError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.transport.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Self::Future {
        Box::pin(self.deadline.bound(self.transport.call(request)))
    }
}
