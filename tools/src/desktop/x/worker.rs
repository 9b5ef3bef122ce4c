//! A thread that has something to itself, and does what it is asked to one after the other.

use std::sync::mpsc;
use std::time::Duration;

use handiwork_core::SurfaceError;
use tokio::sync::oneshot;
use tokio::time::Instant;

type Job<T> = Box<dyn FnOnce(&mut T) + Send>;

/// The thread's other end. Dropping it ends the thread when it is done with what it does.
pub(crate) struct Worker<T> {
    jobs: mpsc::Sender<Job<T>>,
}

impl<T> std::fmt::Debug for Worker<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Worker")
    }
}

impl<T: 'static> Worker<T> {
    /// Starts the thread; what it has is made on it.
    pub(crate) async fn start<F>(name: &str, make: F) -> Result<Self, SurfaceError>
    where
        F: FnOnce() -> Result<T, SurfaceError> + Send + 'static,
    {
        let (jobs, todo) = mpsc::channel::<Job<T>>();
        let (made, is_made) = oneshot::channel();
        let body = move || {
            let mut thing = match make() {
                Ok(thing) => thing,
                Err(error) => {
                    let _ = made.send(Err(error));
                    return;
                }
            };
            let _ = made.send(Ok(()));
            while let Ok(job) = todo.recv() {
                job(&mut thing);
            }
        };
        std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(body)
            .map_err(|error| super::super::display::failed("no thread", &error))?;
        match tokio::time::timeout(Duration::from_secs(15), is_made).await {
            Ok(Ok(made)) => made.map(|()| Self { jobs }),
            Ok(Err(_)) => Err(gone("it ended while it was connected to")),
            Err(_) => Err(SurfaceError::TimedOut { doing: "connecting to the display".to_owned(), limit_ms: 15_000 }),
        }
    }

    /// Has `job` done, and waits for it until `end`.
    pub(crate) async fn call<R, F>(&self, doing: &str, end: Instant, job: F) -> Result<R, SurfaceError>
    where
        R: Send + 'static,
        F: FnOnce(&mut T) -> R + Send + 'static,
    {
        let (done, is_done) = oneshot::channel();
        let began = Instant::now();
        let boxed: Job<T> = Box::new(move |thing| {
            let _ = done.send(job(thing));
        });
        self.jobs.send(boxed).map_err(|_| gone("its thread has ended"))?;
        match tokio::time::timeout_at(end, is_done).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(_)) => Err(gone("its thread has ended")),
            Err(_) => Err(SurfaceError::TimedOut { doing: doing.to_owned(), limit_ms: began.elapsed().as_millis() as u64 }),
        }
    }
}

pub(crate) fn gone(detail: impl Into<String>) -> SurfaceError {
    SurfaceError::Gone { kind: "desktop", detail: detail.into() }
}
