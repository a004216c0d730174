# SPDX-License-Identifier: Apache-2.0
"""The live stream: one reader of the log for all who look, who each get every row once and in order."""
