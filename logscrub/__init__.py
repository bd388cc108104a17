"""logscrub redacts customer data from Atlassian Forge log exports, and proves that it did."""
