//! Scenarios that kill controllers or the API server, count all that a controller does, or change the CRDs.
