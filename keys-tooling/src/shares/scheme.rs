//! Who must come together: thresholds of holders, in one group or in several.
//!
//! A secret that one person could recover alone has no custody, so no such scheme can be made.

/// Most holders of a group, and most groups: four bits each in a share's words.
pub const SHARES_LIMIT: u8 = 16;

/// Most holders of a set.
pub const HOLDERS_LIMIT: usize = 32;

/// `threshold` of the `count` holders of a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Group {
    /// How many holders of the group it takes.
    pub threshold: u8,
    /// How many holders the group has.
    pub count: u8,
}

impl Group {
    /// Reads `2of3`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (threshold, count) = text.split_once("of")?;
        Some(Self {
            threshold: threshold.trim().parse().ok()?,
            count: count.trim().parse().ok()?,
        })
    }
}

/// How many groups must come together, and how many holders of each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scheme {
    group_threshold: u8,
    groups: Vec<Group>,
}

/// The place of one holder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Number of the holder in the whole set, from 1; stands on the sheet.
    pub holder: u8,
    /// Group, from 0.
    pub group: u8,
    /// Place in the group, from 0.
    pub member: u8,
}

/// Why there is no such scheme. Each text is two sentences: what failed, what to do.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum BadScheme {
    /// One holder would be enough.
    #[error(
        "One holder alone could recover the secret. Ask for at least two, such as 3 of 5 holders."
    )]
    OneIsEnough,
    /// One of several holders would speak for a group; the standard forbids it.
    #[error(
        "A group in which one of several holders is enough gives all of them the same words. \
         Use a group of one, or ask for two of them."
    )]
    SameWords,
    /// More are needed than there are.
    #[error(
        "More would be needed than there are. Use a threshold of at most the number of shares."
    )]
    TooHigh,
    /// No holder, or more than [`SHARES_LIMIT`] groups or holders of a group, or than
    /// [`HOLDERS_LIMIT`].
    #[error(
        "A set has 1 to 16 groups of 1 to 16 holders, and at most 32 holders in all. \
         Give other numbers."
    )]
    Number,
}

impl Scheme {
    /// `threshold` of `count` holders.
    ///
    /// # Errors
    /// Every [`BadScheme`].
    pub fn single(threshold: u8, count: u8) -> Result<Self, BadScheme> {
        Self::of_groups(1, vec![Group { threshold, count }])
    }

    /// `group_threshold` of `groups`.
    ///
    /// # Errors
    /// Every [`BadScheme`].
    pub fn of_groups(group_threshold: u8, groups: Vec<Group>) -> Result<Self, BadScheme> {
        let limits = 1..=SHARES_LIMIT;
        let numbers = u8::try_from(groups.len()).is_ok_and(|count| limits.contains(&count))
            && groups.iter().all(|group| limits.contains(&group.count))
            && groups.iter().all(|group| group.threshold > 0)
            && groups
                .iter()
                .map(|group| usize::from(group.count))
                .sum::<usize>()
                <= HOLDERS_LIMIT
            && group_threshold > 0;
        if !numbers {
            return Err(BadScheme::Number);
        }
        if usize::from(group_threshold) > groups.len()
            || groups.iter().any(|group| group.threshold > group.count)
        {
            return Err(BadScheme::TooHigh);
        }
        let fewest = groups.iter().map(|group| group.threshold).min();
        if group_threshold == 1 && fewest == Some(1) {
            return Err(BadScheme::OneIsEnough);
        }
        if groups
            .iter()
            .any(|group| group.threshold == 1 && group.count > 1)
        {
            return Err(BadScheme::SameWords);
        }
        Ok(Self {
            group_threshold,
            groups,
        })
    }

    /// How many groups it takes.
    #[must_use]
    pub fn group_threshold(&self) -> u8 {
        self.group_threshold
    }

    /// The groups, in order.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Every holder's place, in the order of their numbers.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        let members = (0..)
            .zip(&self.groups)
            .flat_map(|(group, Group { count, .. })| {
                (0..*count).map(move |member| (group, member))
            });
        (1..).zip(members).map(|(holder, (group, member))| Place {
            holder,
            group,
            member,
        })
    }

    /// The numbers of a smallest circle of holders that `place` belongs to.
    pub(super) fn circle_of(&self, place: Place) -> Vec<u8> {
        let (groups, first) = (self.groups.len(), usize::from(place.group));
        let turn = |at: usize, from: usize, count: usize| (at + count - from) % count;
        let in_circle = |other: &Place| {
            let group = usize::from(other.group);
            let Some(Group { threshold, count }) = self.groups.get(group).copied() else {
                return false;
            };
            let from = if group == first { place.member } else { 0 };
            turn(group, first, groups) < self.group_threshold.into()
                && turn(other.member.into(), from.into(), count.into()) < threshold.into()
        };
        self.places()
            .filter(in_circle)
            .map(|place| place.holder)
            .collect()
    }

    /// What a person reads: `3 of 5 holders`, or `2 of 3 groups (2 of 3, 3 of 5, 1 of 1)`.
    #[must_use]
    pub fn describe(&self) -> String {
        let groups: Vec<String> = self
            .groups
            .iter()
            .map(|Group { threshold, count }| format!("{threshold} of {count}"))
            .collect();
        match groups.as_slice() {
            [only] => format!("{only} holders"),
            several => format!(
                "{} of {} groups ({})",
                self.group_threshold,
                several.len(),
                several.join(", ")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_scheme_lets_one_holder_alone() {
        let groups = |threshold, all: &[(u8, u8)]| {
            let group = |(threshold, count): &(u8, u8)| Group {
                threshold: *threshold,
                count: *count,
            };
            Scheme::of_groups(threshold, all.iter().map(group).collect())
        };
        for count in 1..=16 {
            assert_eq!(Scheme::single(1, count), Err(BadScheme::OneIsEnough));
        }
        assert_eq!(groups(1, &[(2, 3), (1, 1)]), Err(BadScheme::OneIsEnough));
        assert_eq!(groups(2, &[(2, 3), (1, 2)]), Err(BadScheme::SameWords));
        assert!(groups(2, &[(2, 3), (1, 1)]).is_ok());
        assert!(groups(1, &[(2, 3), (3, 5)]).is_ok());
        assert_eq!(Scheme::single(4, 3), Err(BadScheme::TooHigh));
        assert_eq!(groups(3, &[(2, 3), (3, 5)]), Err(BadScheme::TooHigh));
        for (threshold, count) in [(0, 3), (2, 0), (2, 17)] {
            assert_eq!(Scheme::single(threshold, count), Err(BadScheme::Number));
        }
        assert_eq!(
            groups(2, &[(9, 16), (9, 16), (1, 1)]),
            Err(BadScheme::Number)
        );
        assert_eq!(groups(2, &[]), Err(BadScheme::Number));
        assert_eq!(groups(0, &[(2, 3)]), Err(BadScheme::Number));
    }

    #[test]
    fn holders_are_numbered_through_the_groups() {
        let group = |threshold, count| Group { threshold, count };
        let scheme = Scheme::of_groups(2, vec![group(1, 1), group(2, 3)]).unwrap();
        let places: Vec<_> = scheme
            .places()
            .map(|place| (place.holder, place.group, place.member))
            .collect();
        assert_eq!(places, [(1, 0, 0), (2, 1, 0), (3, 1, 1), (4, 1, 2)]);
        let circles: Vec<_> = scheme
            .places()
            .map(|place| scheme.circle_of(place))
            .collect();
        assert_eq!(circles, [[1, 2, 3], [1, 2, 3], [1, 3, 4], [1, 2, 4]]);
        assert_eq!(scheme.describe(), "2 of 2 groups (1 of 1, 2 of 3)");
        assert_eq!(Scheme::single(3, 5).unwrap().describe(), "3 of 5 holders");
    }
}
