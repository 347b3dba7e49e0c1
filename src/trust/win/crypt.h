// CryptoAPI and CNG, from the system's own directory. Not linked: crypt32.dll and bcrypt.dll are no
// known DLLs of Windows, and a linked one would be taken from the directory that npsx.exe lies in.
// Includes windows.h, so it is included before any "base/..." header.
#ifndef PSX_TRUST_WIN_CRYPT_H
#define PSX_TRUST_WIN_CRYPT_H

#include <windows.h>
#include <wincrypt.h>
#include <bcrypt.h>

#include "base/op.h"

#define PSX_CRYPT32(X)                                                                             \
    X(CertAddEncodedCertificateToStore)                                                            \
    X(CertCloseStore)                                                                              \
    X(CertCompareCertificateName)                                                                  \
    X(CertCreateCertificateChainEngine)                                                            \
    X(CertCreateCertificateContext)                                                                \
    X(CertCreateCRLContext)                                                                        \
    X(CertEnumCertificatesInStore)                                                                 \
    X(CertFindExtension)                                                                           \
    X(CertFreeCertificateChain)                                                                    \
    X(CertFreeCertificateChainEngine)                                                              \
    X(CertFreeCertificateContext)                                                                  \
    X(CertFreeCRLContext)                                                                          \
    X(CertGetCertificateChain)                                                                     \
    X(CertGetIntendedKeyUsage)                                                                     \
    X(CertGetPublicKeyLength)                                                                      \
    X(CertNameToStrW)                                                                              \
    X(CertOpenStore)                                                                               \
    X(CryptDecodeObjectEx)                                                                         \
    X(CryptMsgClose)                                                                               \
    X(CryptMsgControl)                                                                             \
    X(CryptMsgGetParam)                                                                            \
    X(CryptMsgOpenToDecode)                                                                        \
    X(CryptMsgUpdate)                                                                              \
    X(CryptStringToBinaryA)                                                                        \
    X(CryptVerifyCertificateSignatureEx)

#define PSX_BCRYPT(X)                                                                              \
    X(BCryptOpenAlgorithmProvider)                                                                 \
    X(BCryptCloseAlgorithmProvider)                                                                \
    X(BCryptCreateHash)                                                                            \
    X(BCryptDestroyHash)                                                                           \
    X(BCryptFinishHash)                                                                            \
    X(BCryptHashData)

typedef struct {
#define X(name) __typeof__(&name) name;
    PSX_CRYPT32(X)
    PSX_BCRYPT(X)
#undef X
} psx_crypt_api;

// The process ends when the system has no such library: nothing could be verified.
const psx_crypt_api *psx_crypt(void);

#endif
