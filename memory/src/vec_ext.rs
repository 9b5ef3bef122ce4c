//! sqlite-vec in every connection of ours, and in nobody else's.
//!
//! The one place here where a C library is bound.
#![allow(unsafe_code)]

use std::os::raw::{c_char, c_int};
use std::ptr;

use libsqlite3_sys::{SQLITE_OK, sqlite3, sqlite3_api_routines};
use sqlx::SqliteConnection;

type Init = unsafe extern "C" fn(*mut sqlite3, *mut *mut c_char, *const sqlite3_api_routines) -> c_int;

/// Makes its tables and functions known to this connection.
pub(crate) async fn load(connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    let mut handle = connection.lock_handle().await?;
    // SAFETY: this is the function's real type, as SQLite calls it; its own declaration leaves the parameters out. The handle is
    // locked, so it is valid and nobody else's meanwhile. Linked into SQLite itself, it reads no routines and is given none.
    let code = unsafe {
        let init: Init = std::mem::transmute::<*const (), Init>(sqlite_vec::sqlite3_vec_init as *const ());
        init(handle.as_raw_handle().as_ptr(), ptr::null_mut(), ptr::null())
    };
    if code == SQLITE_OK { Ok(()) } else { Err(sqlx::Error::Protocol(format!("sqlite-vec could not be made ready: code {code}"))) }
}
