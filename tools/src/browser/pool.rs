//! Many browsers for the price of one: contexts that share a process and nothing else.
//!
//! There is a place for so many at once; whoever comes later waits, but not for ever. A process gets slow and large with time,
//! so after some contexts, or above some memory, the next one gets a new process. The old one stays as long as somebody is in it:
//! nobody's work is ever cut off for that.

use std::sync::Arc;
use std::time::Duration;

use handiwork_core::{Context, SurfaceError};
use tokio::sync::{Mutex, Semaphore};

use super::Browser;
use super::cdp::{self, Hands, Until};
use super::config::{BrowserConfig, ContextConfig};
use super::host::{Host, START, at_start};

/// Settings of a pool.
#[derive(Debug, Clone)]
pub struct PoolConfig {
    /// Settings of its processes, and of its contexts where they have none of their own. A profile folder is not used: what a
    /// context begins with is its [`ContextConfig::storage`].
    pub browser: BrowserConfig,
    /// Most contexts at once.
    pub most: usize,
    /// How long one waits for a place.
    pub wait: Duration,
    /// A process takes so many contexts in its life.
    pub recycle_after: u32,
    /// A process takes no more contexts when it has more memory than this, in bytes. Known on Linux only.
    pub recycle_above: Option<u64>,
}

impl Default for PoolConfig {
    fn default() -> Self {
        Self { browser: BrowserConfig::default(), most: 8, wait: Duration::from_secs(30), recycle_after: 100, recycle_above: Some(4 << 30) }
    }
}

/// Why a pool gives no context.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PoolError {
    /// All places are taken.
    #[error(
        "all {most} contexts of the pool are in use, and none was closed within {waited_ms} ms; close those that are done, or raise `most` or `wait`"
    )]
    Full {
        /// How many there may be.
        most: usize,
        /// How long was waited.
        waited_ms: u64,
    },
    /// The browser failed.
    #[error(transparent)]
    Browser(#[from] SurfaceError),
}

#[derive(Debug)]
struct Current {
    host: Arc<Host>,
    opened: u32,
}

/// A browser process with room for several contexts, renewed from time to time.
#[derive(Debug)]
pub struct Pool {
    config: PoolConfig,
    places: Arc<Semaphore>,
    current: Mutex<Option<Current>>,
}

impl Pool {
    /// An empty pool. The first process starts with the first context.
    #[must_use]
    pub fn new(config: PoolConfig) -> Self {
        let config = PoolConfig { browser: BrowserConfig { profile: None, storage: None, ..config.browser }, ..config };
        Self { places: Arc::new(Semaphore::new(config.most)), current: Mutex::default(), config }
    }

    /// A surface of one's own. Its place is free again when it is dropped.
    pub async fn context(&self, config: ContextConfig) -> Result<Browser, PoolError> {
        let place = tokio::time::timeout(self.config.wait, Arc::clone(&self.places).acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            return Err(PoolError::Full { most: self.config.most, waited_ms: self.config.wait.as_millis() as u64 });
        };
        let host = self.host().await?;
        Ok(Browser::in_context(host, &self.config.browser, config, Some(place), Hands::Ours).await?)
    }

    /// How many more contexts could be opened right now.
    pub fn free(&self) -> usize {
        self.places.available_permits()
    }

    /// The process that takes the next context.
    async fn host(&self) -> Result<Arc<Host>, SurfaceError> {
        let mut current = self.current.lock().await;
        if let Some(now) = current.as_mut()
            && !self.is_worn(now).await
        {
            now.opened += 1;
            return Ok(Arc::clone(&now.host));
        }
        // If nobody is in it any more it ends here.
        *current = None;
        let host = Arc::new(Host::launch(&self.config.browser).await?);
        cdp::auto_attach(&host.connection, Until::new(&Context::default(), START)).await.map_err(at_start)?;
        *current = Some(Current { host: Arc::clone(&host), opened: 1 });
        Ok(host)
    }

    async fn is_worn(&self, now: &Current) -> bool {
        if now.host.connection.is_gone() || now.opened >= self.config.recycle_after {
            return true;
        }
        let (Some(most), Some(process)) = (self.config.recycle_above, now.host.process.clone()) else { return false };
        let memory = tokio::task::spawn_blocking(move || process.memory()).await.ok().flatten();
        memory.is_some_and(|memory| memory > most)
    }
}
