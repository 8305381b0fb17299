"""Where the sources come from: feeds.yaml as text, as marks, as a Config."""
