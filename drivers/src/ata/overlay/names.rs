//! The names of attributes.

/// The medium that an attribute is defined for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// Platters.
    Platters,
    /// Flash.
    Flash,
}

/// A name, and the only medium it has that name on.
type Name = (u8, &'static str, Option<Medium>);

/// The names of attributes, by number.
const NAMES: &[Name] = &[
    (1, "Raw_Read_Error_Rate", None),
    (2, "Throughput_Performance", None),
    (3, "Spin_Up_Time", None),
    (4, "Start_Stop_Count", None),
    (5, "Reallocated_Sector_Ct", None),
    (6, "Read_Channel_Margin", Some(Medium::Platters)),
    (7, "Seek_Error_Rate", Some(Medium::Platters)),
    (8, "Seek_Time_Performance", Some(Medium::Platters)),
    (9, "Power_On_Hours", None),
    (10, "Spin_Retry_Count", Some(Medium::Platters)),
    (11, "Calibration_Retry_Count", Some(Medium::Platters)),
    (12, "Power_Cycle_Count", None),
    (13, "Read_Soft_Error_Rate", None),
    (175, "Program_Fail_Count_Chip", Some(Medium::Flash)),
    (176, "Erase_Fail_Count_Chip", Some(Medium::Flash)),
    (177, "Wear_Leveling_Count", Some(Medium::Flash)),
    (178, "Used_Rsvd_Blk_Cnt_Chip", Some(Medium::Flash)),
    (179, "Used_Rsvd_Blk_Cnt_Tot", Some(Medium::Flash)),
    (180, "Unused_Rsvd_Blk_Cnt_Tot", Some(Medium::Flash)),
    (181, "Program_Fail_Cnt_Total", None),
    (182, "Erase_Fail_Count_Total", Some(Medium::Flash)),
    (183, "Runtime_Bad_Block", None),
    (184, "End-to-End_Error", None),
    (187, "Reported_Uncorrect", None),
    (188, "Command_Timeout", None),
    (189, "High_Fly_Writes", Some(Medium::Platters)),
    (190, "Airflow_Temperature_Cel", None),
    (191, "G-Sense_Error_Rate", Some(Medium::Platters)),
    (192, "Power-Off_Retract_Count", None),
    (193, "Load_Cycle_Count", Some(Medium::Platters)),
    (194, "Temperature_Celsius", None),
    (195, "Hardware_ECC_Recovered", None),
    (196, "Reallocated_Event_Count", None),
    (197, "Current_Pending_Sector", None),
    (198, "Offline_Uncorrectable", None),
    (199, "UDMA_CRC_Error_Count", None),
    (200, "Multi_Zone_Error_Rate", Some(Medium::Platters)),
    (220, "Disk_Shift", Some(Medium::Platters)),
    (222, "Loaded_Hours", Some(Medium::Platters)),
    (223, "Load_Retry_Count", Some(Medium::Platters)),
    (225, "Load_Cycle_Count", Some(Medium::Platters)),
    (226, "Load-in_Time", Some(Medium::Platters)),
    (232, "Available_Reservd_Space", None),
    (233, "Media_Wearout_Indicator", Some(Medium::Flash)),
    (240, "Head_Flying_Hours", Some(Medium::Platters)),
    (241, "Total_LBAs_Written", None),
    (242, "Total_LBAs_Read", None),
    (254, "Free_Fall_Sensor", Some(Medium::Platters)),
];

/// The name of an attribute of a drive.
#[must_use]
pub fn name(id: u8, medium: Option<Medium>) -> &'static str {
    let found = NAMES.iter().find(|(named, _, _)| *named == id);
    match (found, medium) {
        (Some((_, _, Some(only))), Some(medium)) if *only != medium => "Unknown_Attribute",
        (Some((_, name, _)), _) => name,
        (None, _) => "Unknown_Attribute",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_depend_on_the_medium_where_the_number_does() {
        assert_eq!(name(5, None), "Reallocated_Sector_Ct");
        assert_eq!(name(7, Some(Medium::Platters)), "Seek_Error_Rate");
        assert_eq!(name(7, Some(Medium::Flash)), "Unknown_Attribute");
        assert_eq!(name(7, None), "Seek_Error_Rate");
        assert_eq!(name(14, None), "Unknown_Attribute");
    }

    #[test]
    fn every_number_has_one_name_and_they_stand_in_order() {
        assert!(NAMES.is_sorted_by(|(before, ..), (after, ..)| before < after));
    }
}
