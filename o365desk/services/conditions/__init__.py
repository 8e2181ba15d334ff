"""Conditions on what is read: what of them Microsoft Graph is asked, and what is judged here. What they mean is in
`model/conditions/`; what is asked may let more through than that, never less."""
