//! What HTTP and WebSocket do differently: over HTTP nobody can be notified, and a notification, which is a
//! request without an id, has an answer without a body.

use std::future::{ready, Future};

use futures_util::future::Either;
use jsonrpsee::core::middleware::{
    Batch, BatchEntry, BatchEntryErr, Notification, Request, RpcServiceT,
};
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse, MethodResponse};
use jsonrpsee::types::error::METHOD_NOT_FOUND_CODE;
use jsonrpsee::types::ErrorObjectOwned;

/// Marks requests that came over HTTP.
#[derive(Clone, Copy)]
struct OverHttp;

/// Marks responses that are none: there was no id to answer to.
#[derive(Clone, Copy)]
struct NoAnswer;

/// Marks a request that came over HTTP. What begins a WebSocket is a GET.
pub(crate) fn mark<B>(mut request: HttpRequest<B>) -> HttpRequest<B> {
    if request.method().as_str() == "POST" {
        request.extensions_mut().insert(OverHttp);
    }
    request
}

/// Takes the body away from the response to a notification.
pub(crate) fn leave_unanswered(mut response: HttpResponse) -> HttpResponse {
    if response.extensions().get::<NoAnswer>().is_some() {
        *response.body_mut() = HttpBody::default();
    }
    response
}

/// The methods, as they are over the transport that a request came by.
#[derive(Clone, Debug)]
pub(crate) struct ByTransport<S>(pub S);

/// What is said of a request for notifications where there can be none.
fn refusal(request: &Request<'_>) -> Option<ErrorObjectOwned> {
    let subscribes = matches!(request.method_name(), "eth_subscribe" | "eth_unsubscribe");
    let over_http = request.extensions().get::<OverHttp>().is_some();
    (subscribes && over_http).then(|| {
        // Code and first words are geth's.
        let words =
            "notifications not supported over HTTP: subscribe over WebSocket, at the same port";
        ErrorObjectOwned::owned(METHOD_NOT_FOUND_CODE, words, None::<()>)
    })
}

fn without_answer(mut response: MethodResponse) -> MethodResponse {
    if response.is_notification() {
        response.extensions_mut().insert(NoAnswer);
    }
    response
}

impl<S> RpcServiceT for ByTransport<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            NotificationResponse = MethodResponse,
            BatchResponse = MethodResponse,
        > + Send
        + Sync
        + Clone
        + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        match refusal(&request) {
            Some(error) => Either::Left(ready(MethodResponse::error(request.id, error))),
            None => Either::Right(self.0.call(request)),
        }
    }

    fn batch<'a>(&self, mut batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        for entry in batch.iter_mut() {
            let Ok(BatchEntry::Call(request)) = entry else {
                continue;
            };
            if let Some(error) = refusal(request) {
                *entry = Err(BatchEntryErr::new(request.id.clone(), error));
            }
        }
        let answer = self.0.batch(batch);
        async { without_answer(answer.await) }
    }

    fn notification<'a>(
        &self,
        notification: Notification<'a>,
    ) -> impl Future<Output = MethodResponse> + Send + 'a {
        let answer = self.0.notification(notification);
        async { without_answer(answer.await) }
    }
}
