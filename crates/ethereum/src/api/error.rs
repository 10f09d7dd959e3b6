//! Refusals of the Beacon API.

use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
    Json,
};
use serde_json::json;

/// A refusal: `{"code", "message"}`, with the code as the status.
#[derive(Debug)]
pub(super) struct ApiError {
    status: StatusCode,
    message: String,
}

impl ApiError {
    /// The request cannot be read.
    pub fn bad_request(message: impl Into<String>) -> Self {
        let status = StatusCode::BAD_REQUEST;
        let message = message.into();
        Self { status, message }
    }

    /// What is asked for is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        let status = StatusCode::NOT_FOUND;
        let message = message.into();
        Self { status, message }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = json!({ "code": self.status.as_u16(), "message": self.message });
        (self.status, Json(body)).into_response()
    }
}

/// Answer to paths that are not served.
pub(super) async fn not_found() -> ApiError {
    ApiError::not_found("no such endpoint")
}
