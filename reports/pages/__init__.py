"""The pages of a run: the conformance matrix in front, the Allure report behind it, and one file for mailing."""
