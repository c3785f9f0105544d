//! The types and reasons of conditions and events, spelled as Flux spells them. Nobody writes one as a string literal.

/// Declares an enum whose variants print as themselves, or as the text behind `=`.
macro_rules! words {
    ($(#[$attribute:meta])* $name:ident { $($(#[$doc:meta])+ $variant:ident $(= $text:literal)?,)+ }) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])+ $variant,)+ }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The text in the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => words!(@text $variant $($text)?),)+ }
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
    (@text $variant:ident $text:literal) => { $text };
    (@text $variant:ident) => { stringify!($variant) };
}

words! {
    /// The type of a condition that Weir sets.
    ConditionType {
        /// The desired state of the observed generation is reached.
        Ready,
        /// Work is going on or will be retried; absent otherwise.
        Reconciling,
        /// Nothing more happens until the object changes; absent otherwise.
        Stalled,
        /// The artifact of the last success is in storage.
        ArtifactInStorage,
        /// The origin is newer than the artifact; absent otherwise.
        ArtifactOutdated,
        /// The signature of the source was verified, or not.
        SourceVerified,
        /// The source could not be fetched; absent otherwise.
        FetchFailed,
        /// The chart could not be built; absent otherwise.
        BuildFailed,
        /// The storage failed; absent otherwise.
        StorageOperationFailed,
        /// An included source is not there; absent otherwise.
        IncludeUnavailable,
        /// The applied objects are healthy.
        Healthy,
        /// The last release succeeded.
        Released,
        /// The tests of the last release succeeded.
        TestSuccess,
        /// A failed release was remediated.
        Remediated,
        /// The live objects differ from the release.
        Drifted,
    }
}

words! {
    /// The reason of a condition or an event.
    Reason {
        /// The operation succeeded.
        Succeeded,
        /// The operation failed.
        Failed,
        /// The operation is going on.
        Progressing,
        /// The operation failed and will be tried again.
        ProgressingWithRetry,
        /// The object is suspended.
        Suspended,
        /// An object this one depends on is not ready.
        DependencyNotReady,
        /// The artifact is missing or could not be fetched.
        ArtifactFailed,
        /// The manifests could not be built.
        BuildFailed,
        /// Something applied is not healthy.
        HealthCheckFailed,
        /// The health check gave way to a new request.
        HealthCheckCanceled,
        /// Something could not be deleted.
        PruneFailed,
        /// The whole reconcile succeeded.
        ReconciliationSucceeded,
        /// The reconcile failed.
        ReconciliationFailed,
        /// A path is not a valid one.
        InvalidPath,
        /// A URL is not a valid one.
        InvalidUrl = "InvalidURL",
        /// A plain HTTP connection was asked for and is not allowed.
        InsecureConnectionsDisallowed,
        /// A kind of connection is not supported.
        UnsupportedConnectionType,
        /// A CEL expression does not compile.
        InvalidCelExpression = "InvalidCELExpression",
        /// The object uses what is switched off.
        FeatureGateDisabled,
        /// A reference crosses namespaces and may not.
        AccessDenied,

        /// A source's URL is not a valid one.
        UrlInvalid = "URLInvalid",
        /// Credentials are missing, malformed or refused.
        AuthenticationFailed,
        /// A signature is missing or wrong.
        VerificationError,
        /// A working directory could not be made.
        DirectoryCreationFailed,
        /// A file's state could not be read.
        StatOperationFailed,
        /// A file could not be read.
        ReadOperationFailed,
        /// The lock of an artifact could not be taken.
        AcquireLockFailed,
        /// An artifact could not be written.
        ArchiveOperationFailed,
        /// The link to the latest artifact could not be changed.
        SymlinkUpdateFailed,
        /// The artifact is the one already stored.
        ArtifactUpToDate,
        /// The cache failed.
        CacheOperationFailed,
        /// The object could not be patched.
        PatchOperationFailed,
        /// The settings of the token service are wrong.
        InvalidStsConfiguration = "InvalidSTSConfiguration",
        /// The settings of the provider are wrong.
        InvalidProviderConfiguration,
        /// Git did what was asked.
        GitOperationSucceeded,
        /// Git did not do what was asked.
        GitOperationFailed,
        /// The repository has no commits.
        EmptyGitRepository,
        /// The ignore rules could not be read.
        SourceIgnoreError,
        /// A path leads out of its root.
        IllegalPath,
        /// Files could not be copied.
        CopyFailure,
        /// The referenced object is not there.
        NotFound,
        /// The referenced object has no artifact.
        NoArtifact,
        /// The mode of verification is not a known one.
        InvalidVerificationMode,
        /// The commit or tag could not be read.
        InvalidGitObject,
        /// The signature of the tag is wrong.
        InvalidTagSignature,
        /// The signature of the commit is wrong.
        InvalidCommitSignature,
        /// The origin has a new revision.
        NewRevision,
        /// An included artifact changed.
        IncludeChange,
        /// The repository has a new chart.
        NewChart,
        /// The OCI artifact could not be pulled.
        OciArtifactPullFailed = "OCIArtifactPullFailed",
        /// The layer of the OCI artifact could not be used.
        OciArtifactLayerOperationFailed = "OCIArtifactLayerOperationFailed",
        /// The index of the Helm repository could not be read.
        IndexationFailed,
        /// The bucket did not do what was asked.
        BucketOperationFailed,
        /// The bucket did what was asked.
        BucketOperationSucceeded,
        /// A chart was pulled.
        ChartPullSucceeded,
        /// A chart was packaged.
        ChartPackageSucceeded,
        /// The source of a chart is not there.
        SourceUnavailable,
        /// The source of a chart has no artifact.
        NoSourceArtifact,
        /// The kind of a chart's source is not supported.
        UnsupportedSourceKind,
        /// The chart's name or version cannot be found.
        InvalidChartReference,
        /// The chart could not be pulled.
        ChartPullError,
        /// The chart's metadata could not be changed.
        MetadataPatchError,
        /// The values files could not be merged.
        ValuesFilesError,
        /// The chart's dependencies could not be built.
        DependencyBuildError,
        /// The chart could not be packaged.
        ChartPackageError,
        /// The chart's signature is wrong.
        ChartVerificationError,
        /// The failure has no name.
        Unknown,
        /// Old artifacts could not be removed.
        GarbageCollectionFailed,
        /// Old artifacts were removed.
        GarbageCollectionSucceeded,
        /// A stored artifact is not what it was.
        ArtifactVerificationFailed,
        /// A new artifact was stored.
        NewArtifact,

        /// The release was installed.
        InstallSucceeded,
        /// The release could not be installed.
        InstallFailed,
        /// The release was upgraded.
        UpgradeSucceeded,
        /// The release could not be upgraded.
        UpgradeFailed,
        /// The tests of the release passed.
        TestSucceeded,
        /// A test of the release failed.
        TestFailed,
        /// The release went back to an earlier revision.
        RollbackSucceeded,
        /// The release could not go back to an earlier revision.
        RollbackFailed,
        /// The release was uninstalled.
        UninstallSucceeded,
        /// The release could not be uninstalled.
        UninstallFailed,
        /// An action on the release began and did not end.
        PendingRelease,
        /// The release is there and its tests did not run yet.
        AwaitingTests,
        /// Live objects differ from the release.
        DriftDetected,
        /// Live objects are as the release has them.
        NoDriftDetected,
        /// Live objects were changed back.
        DriftCorrected,
        /// Live objects could not be changed back.
        DriftCorrectionFailed,
        /// No more attempts are allowed.
        RetriesExceeded,
        /// There is no revision to go back to.
        MissingRollbackTarget,
        /// The state of the release cannot be told.
        StateError,
        /// An action did not come as far as changing the release.
        ReconcileError,
        /// The source of the chart is not ready.
        SourceNotReady,
        /// The values cannot be composed.
        ValuesError,
        /// The version of the chart does not fit its source's revision.
        ChartMutateError,
        /// The cluster to release to cannot be reached.
        RestClientError = "RESTClientError",
        /// The HelmChart was created.
        HelmChartCreated,
        /// The HelmChart was changed.
        HelmChartConfigured,
        /// The HelmChart could not be written.
        HelmChartSyncErr,
        /// The HelmChart was deleted.
        HelmChartDeleted,
        /// The objects of the release cannot be listed.
        InventoryBuildFailed,
        /// It is not known whether some objects of the release have a namespace.
        NamespaceCheckSkipped,
        /// The operation of an image kind failed, and no other reason says how.
        Failure,
        /// The name of an image is not a valid one.
        ImageUrlInvalid = "ImageURLInvalid",
        /// A policy that follows digests says not how often.
        IntervalNotConfigured,
        /// A policy cannot be applied to any tags.
        InvalidPolicy,
        /// The selector of policies is not a valid one.
        InvalidPolicySelector,
        /// The repository to write to is not described well enough.
        InvalidSourceConfiguration,
        /// The repository to write to cannot be used.
        SourceManagerFailed,
        /// The files could not be updated.
        UpdateFailed,
        /// The way of updating files is not a known one.
        InvalidUpdateStrategy,
        /// A template uses a field that is not there any more.
        RemovedTemplateField,
    }
}

#[cfg(test)]
mod tests;
