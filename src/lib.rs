//! Hearth: home-server appliance firmware.
