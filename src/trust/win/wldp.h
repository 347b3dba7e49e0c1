// Windows Lockdown Policy: what does the administrator's code integrity policy (WDAC, App Control)
// demand of npsx, and what does it say about a file? wldp.dll is taken from the system's directory
// or not at all.
//
// Sources of what is declared in wldp.c: Microsoft's reference of the functions
// (learn.microsoft.com/windows/win32/devnotes/wldp...), and Node's own use of them.
#ifndef PSX_TRUST_WIN_WLDP_H
#define PSX_TRUST_WIN_WLDP_H

#include "base/op.h"

typedef enum {
    PSX_WLDP_NO,      // said, or nothing is said, or this Windows has no such thing
    PSX_WLDP_YES,     // said
    PSX_WLDP_UNKNOWN, // asking failed: whoever asks must take it for a yes
} psx_wldp_answer;

// setting: L"EnforceCodeIntegrity", L"DisableInteractiveMode", for npsx and for Node. *error is the
// HRESULT of UNKNOWN.
psx_wldp_answer psx_wldp_setting(const wchar_t *setting, unsigned long *error);

// Does the policy let this file, with this detached signature, be executed? Both are handles of
// psx_win_held. must: the system demands a signature; then "cannot be asked" is a no as well.
// PSX_E_SIGNATURE. Without WLDP, or without an active policy, Windows allows everything: this says
// yes, and only our own verification counts.
psx_rc psx_wldp_vouch(psx_op *op, void *content, void *signature, psx_str name, bool must);

#endif
