//! handiwork gives a DeepSeek model hands. (The facade is being written.)
