/**
 * The types of remotes that a destination may have, and of each the options that are harmless: what rclone 1.75.2 lists
 * (`rclone config providers`), read through one by one. `!` marks a secret, or what may hold one. What is not here is
 * refused until somebody has looked at it: tests/images/backend_options_test.ts tells when an rclone has something new.
 *
 * `azureblob` is from rclone's documentation: Debian's rclone is built without it.
 */
export const BACKENDS: Readonly<Record<string, string>> = {
  azureblob: `
    account key! sas_url! tenant client_id client_secret! username password! endpoint upload_cutoff
    chunk_size upload_concurrency copy_cutoff copy_concurrency copy_total_concurrency use_copy_blob
    list_chunk list_parallelism access_tier archive_tier_delete disable_checksum memory_pool_flush_time
    memory_pool_use_mmap public_access directory_markers no_check_container no_head_object
    delete_snapshots decompress`,
  b2: `
    account key! endpoint test_mode versions version_at hard_delete upload_cutoff copy_cutoff chunk_size
    upload_concurrency disable_checksum download_url download_auth_duration memory_pool_flush_time
    memory_pool_use_mmap lifecycle sse_customer_algorithm sse_customer_key! sse_customer_key_base64!
    sse_customer_key_md5!`,
  box: `
    client_id client_secret! token! auth_url token_url client_credentials root_folder_id
    config_credentials! access_token! box_sub_type upload_cutoff commit_retries list_chunk owned_by
    impersonate`,
  drime: `
    access_token! root_folder_id workspace_id list_chunk hard_delete upload_cutoff chunk_size
    upload_concurrency`,
  drive: `
    client_id client_secret! token! auth_url token_url client_credentials scope root_folder_id
    service_account_credentials! team_drive auth_owner_only use_trash copy_shortcut_content skip_gdocs
    show_all_gdocs skip_checksum_gphotos shared_with_me trashed_only starred_only formats export_formats
    import_formats allow_import_name_change use_created_date use_shared_date list_chunk impersonate
    alternate_export upload_cutoff chunk_size acknowledge_abuse keep_revision_forever size_as_quota
    v2_download_min_size pacer_min_sleep pacer_burst server_side_across_configs disable_http2
    stop_on_upload_limit stop_on_download_limit skip_shortcuts skip_dangling_shortcuts resource_key!
    fast_list_bug_fix metadata_owner metadata_permissions metadata_labels
    metadata_enforce_expansive_access`,
  dropbox: `
    client_id client_secret! token! auth_url token_url client_credentials chunk_size impersonate
    impersonate_admin shared_files shared_folders skip_shared_folders skip_unowned_folders
    pacer_min_sleep root_namespace export_formats skip_exports show_all_exports batch_mode batch_size
    batch_timeout batch_commit_timeout`,
  fichier: "api_key! shared_folder file_password! folder_password! cdn",
  filefabric: "url root_folder_id permanent_token! token! token_expiry version",
  filelu: "key! upload_cutoff chunk_size",
  ftp: `
    host user port pass! tls explicit_tls concurrency no_check_certificate disable_epsv disable_mlsd
    disable_utf8 writing_mdtm force_list_hidden idle_timeout close_timeout tls_cache_size disable_tls13
    allow_insecure_tls_ciphers shut_timeout socks_proxy! http_proxy! no_check_upload`,
  gofile: "access_token! root_folder_id account_id list_chunk",
  "google cloud storage": `
    client_id client_secret! token! auth_url token_url client_credentials project_number user_project
    service_account_credentials! access_token! anonymous object_acl bucket_acl bucket_policy_only
    location storage_class directory_markers no_check_bucket decompress endpoint`,
  hdfs: "namenode username data_transfer_protection",
  hidrive: `
    client_id client_secret! token! auth_url token_url client_credentials scope_access scope_role
    root_prefix endpoint disable_fetching_member_count chunk_size upload_cutoff upload_concurrency`,
  huaweidrive: `
    client_id client_secret! token! auth_url token_url client_credentials root_folder_id chunk_size
    list_chunk upload_cutoff`,
  iclouddrive: "service apple_id password! trust_token! cookies! client_id",
  imagekit: "endpoint public_key private_key! only_signed versions upload_tags",
  internetarchive: `
    access_key_id secret_access_key! endpoint front_endpoint item_metadata item_derive disable_checksum
    wait_archive`,
  jottacloud: `
    client_id client_secret! token! auth_url token_url client_credentials md5_memory_limit trashed_only
    hard_delete upload_resume_limit no_versions`,
  koofr: "provider endpoint mountid setmtime user password!",
  linkbox: "token! email password! web_token!",
  mailru: `
    client_id client_secret! token! auth_url token_url client_credentials user pass! speedup_enable
    speedup_file_patterns speedup_max_disk speedup_max_memory check_hash user_agent quirks`,
  mega: "user pass! 2fa! session_id! master_key! hard_delete use_https",
  netstorage: "protocol host account secret!",
  onedrive: `
    client_id client_secret! token! auth_url token_url client_credentials region upload_cutoff
    tenant_url chunk_size drive_id drive_type root_folder_id access_scopes tenant
    disable_site_permission expose_onenote_files server_side_across_configs list_chunk no_versions
    hard_delete link_scope link_type link_password! hash_type av_override delta metadata_permissions`,
  opendrive: "username password! chunk_size access",
  pcloud: `
    client_id client_secret! token! auth_url token_url client_credentials root_folder_id hostname
    username password!`,
  pikpak: `
    user pass! device_id! user_agent root_folder_id use_trash trashed_only no_media_link
    hash_memory_limit upload_cutoff chunk_size upload_concurrency`,
  pixeldrain: "api_key! root_folder_id api_url",
  premiumizeme: "client_id client_secret! token! auth_url token_url client_credentials api_key!",
  protondrive: `
    username password! mailbox_password! 2fa! otp_secret_key! client_uid! client_access_token!
    client_refresh_token! client_salted_key_pass! original_file_size app_version replace_existing_draft
    enable_caching`,
  putio: "client_id client_secret! token! auth_url token_url client_credentials",
  quatrix: `
    api_key! host effective_upload_time minimal_chunk_size maximal_summary_chunk_size hard_delete
    skip_project_folders`,
  s3: `
    provider access_key_id secret_access_key! region endpoint location_constraint acl bucket_acl
    requester_pays server_side_encryption sse_customer_algorithm sse_kms_key_id sse_customer_key!
    sse_customer_key_base64! sse_customer_key_md5! storage_class upload_cutoff chunk_size
    max_upload_parts copy_cutoff disable_checksum session_token! role_arn role_session_name
    role_session_duration role_external_id upload_concurrency force_path_style v2_auth use_dual_stack
    use_accelerate_endpoint use_arn_region leave_parts_on_error list_chunk list_version list_url_encode
    no_check_bucket no_head no_head_object memory_pool_flush_time memory_pool_use_mmap disable_http2
    download_url directory_markers use_multipart_etag use_unsigned_payload use_presigned_request
    use_data_integrity_protections versions version_at version_deleted decompress might_gzip
    use_accept_encoding_gzip no_system_metadata sts_endpoint use_already_exists use_multipart_uploads
    list_versions_oldest_first use_x_id sign_accept_encoding directory_bucket ibm_api_key!
    ibm_resource_instance_id ibm_iam_endpoint object_lock_mode object_lock_retain_until_date
    object_lock_legal_hold_status bypass_governance_retention bucket_object_lock_enabled
    object_lock_set_after_upload object_lock_supported`,
  seafile: "url user pass! 2fa! library library_key! create_library auth_token!",
  sftp: `
    host user port pass! key_pem! key_file_pass! pubkey pin_host_key host_keys use_insecure_cipher
    disable_hashcheck path_override set_modtime shell_type hashes skip_links subsystem use_fstat
    disable_concurrent_reads disable_concurrent_writes idle_timeout chunk_size concurrency connections
    set_env! ciphers key_exchange macs host_key_algorithms socks_proxy! http_proxy! copy_is_hardlink`,
  shade: "drive_id api_key! endpoint chunk_size upload_concurrency max_upload_parts token! token_expiry",
  sharefile: `
    client_id client_secret! token! auth_url token_url client_credentials upload_cutoff root_folder_id
    chunk_size endpoint`,
  sia: "api_url api_password! user_agent",
  smb: "host user port pass! domain spn idle_timeout hide_special_share case_insensitive",
  sugarsync: `
    app_id access_key_id private_access_key! hard_delete refresh_token! authorization!
    authorization_expiry user root_id deleted_id`,
  swift: `
    user key! auth user_id domain tenant tenant_id tenant_domain region storage_url auth_token!
    application_credential_id application_credential_name application_credential_secret! auth_version
    endpoint_type leave_parts_on_error storage_policy fetch_until_empty_page
    partial_page_fetch_threshold chunk_size no_chunk no_large_objects use_segments_container`,
  ulozto: "app_token! username password! root_folder_slug list_page_size",
  webdav: `
    url vendor user pass! bearer_token! headers! pacer_min_sleep nextcloud_chunk_size
    owncloud_exclude_shares owncloud_exclude_mounts auth_redirect`,
  yandex: `
    client_id client_secret! token! auth_url token_url client_credentials hard_delete spoof_ua
    upload_wait`,
  zoho: `
    client_id client_secret! token! auth_url token_url client_credentials region root_folder_id
    upload_cutoff tpslimit tpslimit_burst list_folder_limit list_folder_window list_folder_burst`,
};

/** What every type has. */
export const COMMON_OPTIONS = "description encoding";

/** The types that are refused, and why. */
export const REFUSED_TYPES: Readonly<Record<string, string>> = {
  alias: "it stands for another remote, or a local path",
  archive: "it stands over another remote",
  cache: "it stands over another remote, and writes to local files",
  chunker: "it stands over another remote",
  combine: "it stands over other remotes",
  compress: "it stands over another remote",
  crypt: "it stands over another remote",
  doi: "it can only be read",
  "google photos": "it keeps photos only",
  hasher: "it stands over another remote",
  http: "it can only be read",
  local: "it is the local disk: use the provider cluster for that",
  memory: "it forgets everything",
  union: "it stands over other remotes",
};

/** The options that are refused in every type, and why. */
export const REFUSED_OPTIONS: Readonly<Record<string, string>> = {
  ...of(
    "it runs a command",
    "ssh bearer_token_command server_command metadata_mapper use_az password_command",
  ),
  ...of(
    "it runs a command",
    "md5sum_command sha1sum_command crc32sum_command sha256sum_command blake3sum_command xxh3sum_command xxh128sum_command",
  ),
  ...of(
    "it names a local file",
    "key_file pubkey_file known_hosts_file shared_credentials_file service_account_file box_config_file kerberos_ccache",
  ),
  ...of(
    "it names a local file",
    "client_certificate_path service_principal_file db_path chunk_path tmp_upload_path config_file unix_socket",
  ),
  ...of("it reaches another remote", "remote remotes upstreams"),
  ...of(
    "it takes credentials from where rclone runs",
    "env_auth profile key_use_agent use_kerberos service_principal_name use_msi use_emulator",
  ),
  ...of("it asks at a terminal", "ask_password"),
  ...of("it prints secrets to the log", "sdk_log_mode debug"),
};

function of(why: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(" ").map((name) => [name, why]));
}
