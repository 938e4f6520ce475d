//! The cloud's own configuration file: sections of `key = value`, where `DEFAULT` lends its keys to all others.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::error::OciError;

/// The keys and values of one section.
pub type Section = BTreeMap<String, String>;

/// A configuration file that has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigFile {
    sections: BTreeMap<String, Section>,
}

const DEFAULT: &str = "DEFAULT";

impl ConfigFile {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// It cannot be read or a line is not understood.
    pub fn read(path: &Utf8Path) -> Result<Self, OciError> {
        let text = fs_err::read_to_string(path).map_err(|e| {
            OciError::local(format!("the cloud's configuration file cannot be read: {e}"))
                .advise("name another with config_file, or make one with oci setup config")
        })?;
        Self::parse(&text, path.as_str())
    }

    /// Reads the text of a file; `origin` names it in errors.
    ///
    /// # Errors
    /// A line that is no section, no comment and no `key = value`, or a section that stands twice.
    pub fn parse(text: &str, origin: &str) -> Result<Self, OciError> {
        let mut sections: BTreeMap<String, Section> = BTreeMap::new();
        let mut name: Option<String> = None;
        let mut last_key: Option<String> = None;
        for (index, raw) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = raw.trim();
            let number = index + 1;
            if line.is_empty() || line.starts_with('#') || line.starts_with(';') {
                continue;
            }
            if let Some(header) = line.strip_prefix('[') {
                let found = header.split(']').next().unwrap_or_default().trim().to_owned();
                if sections.insert(found.clone(), Section::new()).is_some() {
                    return Err(OciError::local(format!("{origin}, line {number}: [{found}] stands twice"))
                        .advise("keep one of the two sections"));
                }
                name = Some(found);
                last_key = None;
                continue;
            }
            let section = name.as_ref().and_then(|n| sections.get_mut(n)).ok_or_else(|| {
                OciError::local(format!("{origin}, line {number}: a line before the first [section]"))
                    .advise("put [DEFAULT] above it")
            })?;
            // An indented line goes on with the value above it, as in the cloud's own tools.
            if let (true, Some(key)) = (raw.starts_with([' ', '\t']), &last_key) {
                let value = section.entry(key.clone()).or_default();
                value.push('\n');
                value.push_str(line);
                continue;
            }
            let (key, value) = line.split_once(['=', ':']).ok_or_else(|| {
                OciError::local(format!("{origin}, line {number}: {:?} is no key = value", shortened(line)))
                    .advise("correct or remove the line")
            })?;
            let key = key.trim().to_ascii_lowercase();
            section.insert(key.clone(), value.trim().to_owned());
            last_key = Some(key);
        }
        Ok(Self { sections })
    }

    /// The keys of a profile, those of `DEFAULT` included.
    ///
    /// # Errors
    /// There is no such profile.
    pub fn profile(&self, name: &str, origin: &str) -> Result<Section, OciError> {
        let mut keys = self.sections.get(DEFAULT).cloned().unwrap_or_default();
        match self.sections.get(name) {
            Some(own) => keys.extend(own.iter().map(|(k, v)| (k.clone(), v.clone()))),
            None if name == DEFAULT => {
                return Err(OciError::local(format!("{origin} has no [DEFAULT] section"))
                    .advise(format!("name one of its profiles: {}", self.names())));
            }
            None => {
                return Err(OciError::local(format!("{origin} has no profile {name:?}"))
                    .advise(format!("its profiles are: {}", self.names())));
            }
        }
        Ok(keys)
    }

    /// Whether the profile's own section has the key, not one that `DEFAULT` lends.
    pub fn has_own(&self, name: &str, key: &str) -> bool {
        self.sections.get(name).is_some_and(|section| section.contains_key(key))
    }

    fn names(&self) -> String {
        if self.sections.is_empty() {
            return "none".into();
        }
        self.sections.keys().cloned().collect::<Vec<_>>().join(", ")
    }
}

/// A line for an error message: only what stands before a value could begin.
fn shortened(line: &str) -> String {
    line.chars().take(12).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\u{feff}# a comment\n[DEFAULT]\nuser = ocid1.user.oc1..example\npass_phrase=a%b=c\nRegion: lhr\n\
                        ; another\n[DEV]\nregion=fra\nkey_file=~/k.pem\n";

    #[test]
    fn default_lends_its_keys() {
        let file = ConfigFile::parse(TEXT, "config").unwrap();
        let dev = file.profile("DEV", "config").unwrap();
        assert_eq!(dev["region"], "fra");
        assert_eq!(dev["pass_phrase"], "a%b=c");
        assert!(file.has_own("DEV", "region") && !file.has_own("DEV", "user"));
        assert_eq!(dev["user"], "ocid1.user.oc1..example");
        assert_eq!(file.profile("DEFAULT", "config").unwrap()["region"], "lhr");
    }

    #[test]
    fn mistakes_are_named() {
        fn check(text: &str, profile: &str, wanted: &str) {
            let error =
                ConfigFile::parse(text, "config").and_then(|f| f.profile(profile, "config")).unwrap_err();
            let all = format!("{error} / {}", error.advice.clone().unwrap_or_default());
            assert!(all.contains(wanted), "{all}");
        }
        check(TEXT, "PROD", "its profiles are: DEFAULT, DEV");
        check("[A]\nx=1\n", "DEFAULT", "no [DEFAULT] section");
        check("user=1\n", "DEFAULT", "line 1: a line before");
        check("[A]\nnonsense\n", "A", "line 2");
        check("[A]\n[A]\n", "A", "stands twice");
    }
}
