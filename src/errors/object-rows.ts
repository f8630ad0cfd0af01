/** Rows of the catalogue: kinds of objects, and uploads in parts. */
export const objectRows = {
  // Appendable, linked, tagged and archived objects (oss-semantics.md 7.2 to 7.4)
  ArchiveRestoreFileStale: {
    status: 409,
    ec: '9026-00000015',
    message: 'The archive file or restore info stale',
  },
  ArchiveRestoreNotFinished: {
    status: 409,
    ec: '0016-00000719',
    message: "The archive file's restore is not finished.",
  },
  ImageDamage: {
    status: 403,
    ec: '9026-00000018',
    message: 'The image file may be damaged.',
  },
  ImageTooLarge: {
    status: 400,
    ec: '9026-00000019',
    message: 'The image is larger than 20 MB, 30,000 pixels a side or 250 million pixels.',
  },
  TooManyPipes: { status: 400, ec: '9026-00000020', message: 'There are too many steps.' },
  InvalidObjectState: {
    status: 403,
    ec: '9026-00000016',
    message: "The operation is not valid for the object's state.",
  },
  InvalidTag: {
    status: 400,
    ec: '9026-00000011',
    message: 'The TagKey you have provided is invalid',
  },
  InvalidTargetType: {
    status: 400,
    ec: '9026-00000014',
    message: 'The symbolic link leads to another one.',
  },
  MissingArgument: {
    status: 400,
    ec: '9026-00000008',
    message: 'Missing Some Required Arguments.',
  },
  ObjectNotAppendable: {
    status: 409,
    ec: '9026-00000009',
    message: 'The object is not appendable.',
  },
  PositionNotEqualToLength: {
    status: 409,
    ec: '0026-00000016',
    message: 'Position is not equal to file length',
  },
  RestoreAlreadyInProgress: {
    status: 409,
    ec: '9026-00000017',
    message: 'The restore operation is in progress.',
  },
  SymlinkTargetNotExist: {
    status: 404,
    ec: '0026-00000012',
    message: 'The symlink target object does not exist.',
  },

  // Uploads in parts (oss-semantics.md 7.1)
  InvalidPart: {
    status: 400,
    ec: '9042-00000002',
    message:
      "One or more of the specified parts could not be found or the specified entity tag might not have matched the part's entity tag.",
  },
  InvalidPartOrder: {
    status: 400,
    ec: '9042-00000003',
    message: 'The list of parts was not in ascending order.',
  },
  NoSuchUpload: {
    status: 404,
    ec: '0042-00000104',
    message:
      'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  },
  PartAlreadyExist: {
    status: 409,
    ec: '9042-00000004',
    message: 'In a sequential multipart upload a part that was uploaded cannot be replaced.',
  },
  PartNotSequential: {
    status: 400,
    ec: '9042-00000005',
    message: 'In a sequential multipart upload the parts must come one after the other.',
  },
} as const;
