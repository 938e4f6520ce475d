//! The one integration binary: what can be seen from outside the library.

mod tidy;
