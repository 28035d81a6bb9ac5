//! The admin commands that are sent, as the specification lays them out.

/// Opcodes (Base Specification 2.0, figure 87).
const GET_LOG_PAGE: u8 = 0x02;
const IDENTIFY: u8 = 0x06;
const DEVICE_SELF_TEST: u8 = 0x14;

/// Log page identifiers (figure 202).
const LOG_ERRORS: u32 = 0x01;
const LOG_HEALTH: u32 = 0x02;
const LOG_SELF_TEST: u32 = 0x06;

/// What Identify returns for the controller (figure 273).
const CNS_CONTROLLER: u32 = 0x01;
/// Every namespace, or the controller as a whole.
const ALL_NAMESPACES: u32 = 0xffff_ffff;
/// Get Log Page counts in double words.
const DWORD_BYTES: usize = 4;
/// The most that one command brings here: a page of memory.
pub const DATA_BYTES_MAX: usize = 4096;

/// What a self-test command asks for (figure 178).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelfTest {
    /// Start a short one: two minutes at most.
    Short,
    /// Start an extended one: as long as the controller says it takes.
    Extended,
    /// End the one that runs.
    Abort,
}

/// An admin command that brings `data_bytes` from the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command {
    pub(super) opcode: u8,
    pub(super) namespace: u32,
    pub(super) cdw10: u32,
    /// Bytes that come, at most [`DATA_BYTES_MAX`].
    pub(super) data_bytes: usize,
}

impl Command {
    /// Who the controller is: 4096 bytes for [`identify`](super::identify).
    #[must_use]
    pub const fn identify() -> Self {
        Self { opcode: IDENTIFY, namespace: 0, cdw10: CNS_CONTROLLER, data_bytes: 4096 }
    }

    /// SMART and health information of the whole controller: 512 bytes for [`health`](super::health).
    #[must_use]
    pub fn health() -> Self {
        Self::log(LOG_HEALTH, 512)
    }

    /// The newest `entries` entries of the error log, at most 64: 64 bytes each for [`error_log`](super::error_log).
    #[must_use]
    pub fn errors(entries: u8) -> Self {
        Self::log(LOG_ERRORS, usize::from(entries.clamp(1, 64)) * 64)
    }

    /// The log of self-tests: 564 bytes for [`self_test`](super::self_test).
    #[must_use]
    pub fn self_tests() -> Self {
        Self::log(LOG_SELF_TEST, 564)
    }

    /// Starts or ends a self-test of the controller and all its namespaces. Brings no data.
    #[must_use]
    pub const fn self_test(what: SelfTest) -> Self {
        let cdw10 = match what {
            SelfTest::Short => 0x1,
            SelfTest::Extended => 0x2,
            SelfTest::Abort => 0xf,
        };
        Self { opcode: DEVICE_SELF_TEST, namespace: ALL_NAMESPACES, cdw10, data_bytes: 0 }
    }

    /// Bytes that the answer has.
    #[must_use]
    pub const fn data_bytes(&self) -> usize {
        self.data_bytes
    }

    /// Get Log Page: the length in double words less one in bits 31:16, the page in 7:0 (figure 197).
    fn log(page: u32, data_bytes: usize) -> Self {
        let dwords = u32::try_from(data_bytes / DWORD_BYTES).unwrap_or(u32::MAX);
        let cdw10 = (dwords - 1) << 16 | page;
        Self { opcode: GET_LOG_PAGE, namespace: ALL_NAMESPACES, cdw10, data_bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_laid_out_as_the_specification_and_its_tools_have_them() {
        let health = Command::health();
        assert_eq!((health.opcode, health.namespace, health.cdw10), (0x02, 0xffff_ffff, 0x007f_0002));
        assert_eq!(Command::self_tests().cdw10, 0x008c_0006);
        assert_eq!(Command::errors(1).cdw10, 0x000f_0001);
        for (entries, data_bytes) in [(0, 64), (16, 1024), (64, 4096), (255, 4096)] {
            assert_eq!(Command::errors(entries).data_bytes(), data_bytes);
            assert!(Command::errors(entries).data_bytes() <= DATA_BYTES_MAX);
        }
        let identify = Command::identify();
        assert_eq!((identify.opcode, identify.namespace, identify.cdw10), (0x06, 0, 1));
        let codes =
            [SelfTest::Short, SelfTest::Extended, SelfTest::Abort].map(|what| Command::self_test(what).cdw10);
        assert_eq!(codes, [1, 2, 15]);
    }
}
