//! A server under the hands of clients that are no clients.
