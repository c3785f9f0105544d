use super::*;

/// Spelled as in Flux's `condition_types.go`, `apis/meta` and `apis/acl`.
#[test]
fn words_are_spelled_as_flux_spells_them() {
    let reasons = "Succeeded Failed Progressing ProgressingWithRetry Suspended DependencyNotReady ArtifactFailed BuildFailed \
        HealthCheckFailed HealthCheckCanceled PruneFailed ReconciliationSucceeded ReconciliationFailed InvalidPath InvalidURL \
        InsecureConnectionsDisallowed UnsupportedConnectionType InvalidCELExpression FeatureGateDisabled AccessDenied URLInvalid \
        AuthenticationFailed VerificationError DirectoryCreationFailed StatOperationFailed ReadOperationFailed AcquireLockFailed \
        ArchiveOperationFailed SymlinkUpdateFailed ArtifactUpToDate CacheOperationFailed PatchOperationFailed \
        InvalidSTSConfiguration InvalidProviderConfiguration GitOperationSucceeded GitOperationFailed EmptyGitRepository \
        SourceIgnoreError IllegalPath CopyFailure NotFound NoArtifact InvalidVerificationMode InvalidGitObject \
        InvalidTagSignature InvalidCommitSignature NewRevision IncludeChange NewChart OCIArtifactPullFailed \
        OCIArtifactLayerOperationFailed IndexationFailed BucketOperationFailed BucketOperationSucceeded ChartPullSucceeded \
        ChartPackageSucceeded SourceUnavailable NoSourceArtifact UnsupportedSourceKind InvalidChartReference ChartPullError \
        MetadataPatchError ValuesFilesError DependencyBuildError ChartPackageError ChartVerificationError Unknown \
        GarbageCollectionFailed GarbageCollectionSucceeded ArtifactVerificationFailed NewArtifact \
        InstallSucceeded InstallFailed UpgradeSucceeded UpgradeFailed TestSucceeded TestFailed RollbackSucceeded RollbackFailed \
        UninstallSucceeded UninstallFailed PendingRelease AwaitingTests DriftDetected NoDriftDetected DriftCorrected \
        DriftCorrectionFailed RetriesExceeded MissingRollbackTarget StateError ReconcileError SourceNotReady ValuesError \
        ChartMutateError RESTClientError HelmChartCreated HelmChartConfigured HelmChartSyncErr HelmChartDeleted \
        InventoryBuildFailed NamespaceCheckSkipped \
        Failure ImageURLInvalid IntervalNotConfigured InvalidPolicy InvalidPolicySelector InvalidSourceConfiguration \
        SourceManagerFailed UpdateFailed InvalidUpdateStrategy RemovedTemplateField";
    let ours: Vec<&str> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
    assert_eq!(ours, reasons.split_whitespace().collect::<Vec<_>>());
    let types = "Ready Reconciling Stalled ArtifactInStorage ArtifactOutdated SourceVerified FetchFailed BuildFailed \
        StorageOperationFailed IncludeUnavailable Healthy Released TestSuccess Remediated Drifted";
    let ours: Vec<&str> = ConditionType::ALL.iter().map(|condition| condition.as_str()).collect();
    assert_eq!(ours, types.split_whitespace().collect::<Vec<_>>());
}
