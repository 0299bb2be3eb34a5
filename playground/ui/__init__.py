"""Everything that imports streamlit and is shared by pages: app, navigation, forms, controls, panels."""
