# bash completion for npsx. The options come from `npsx -h` itself, so that there is one list of them.
_npsx() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    local commands='init grant revoke learn why check-policy policy doctor'
    local verbs='sign verify show union diff pin export' # of npsx policy
    local capabilities='fs.read: fs.write: net.connect: net.listen: spawn: env: stdio: clock random timers
        process: system: native worker eval gc builtins: ambient'
    COMPREPLY=()
    case $prev in
    --policy | --experimental-policy | --policy-signature | --trust | --audit | --env-file | --env-file-if-exists | -r | --require | --import | \
        --list | --key | --cert | --chain | --out | --passphrase-file | --pkcs11-module)
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
    --input-type)
        mapfile -t COMPREPLY < <(compgen -W 'commonjs module commonjs-typescript module-typescript' -- "$cur")
        return
        ;;
    --dns-result-order)
        mapfile -t COMPREPLY < <(compgen -W 'ipv4first ipv6first verbatim' -- "$cur")
        return
        ;;
    --unhandled-rejections)
        mapfile -t COMPREPLY < <(compgen -W 'strict warn none throw warn-with-error-code' -- "$cur")
        return
        ;;
    --digest)
        mapfile -t COMPREPLY < <(compgen -W 'sha256 sha384 sha512' -- "$cur")
        return
        ;;
    --box)
        mapfile -t COMPREPLY < <(compgen -W 'required best-effort off' -- "$cur")
        return
        ;;
    esac
    if [[ $cur == -* ]]; then
        local args=()
        if [[ " $commands " == *" $command "* ]]; then args=("$command"); fi
        if [[ $command == policy ]]; then args+=("${COMP_WORDS[2]}"); fi
        local options
        options=$("${COMP_WORDS[0]}" "${args[@]}" -h 2>/dev/null | grep -oE '^  .{0,4}--[a-z][a-z-]*=?' | grep -oE -- '--?[a-zA-Z][a-z-]*=?')
        if [[ $command == learn ]]; then options+=" $("${COMP_WORDS[0]}" -h | grep -oE -- '^ .{5}--[a-z][a-z-]*=?')"; fi
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
        if [[ ${COMPREPLY[0]-} == *= ]]; then compopt -o nospace; fi
        return
    fi
    case $command in
    policy)
        if ((COMP_CWORD == 2)); then
            mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$cur")
            return
        fi
        if ((COMP_CWORD == 3)) && [[ $prev == export ]]; then
            mapfile -t COMPREPLY < <(compgen -W 'systemd seccomp kubernetes cilium node-permission' -- "$cur")
            return
        fi
        ;;
    grant | revoke | why)
        if ((COMP_CWORD == 2)); then
            local names
            names=$(cd node_modules 2>/dev/null && printf '%s\n' [!.@]* @*/* 2>/dev/null | grep -v '[*]')
            mapfile -t COMPREPLY < <(compgen -W "app * $names" -- "$cur")
        elif [[ $cur != *:* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$capabilities" -- "$cur")
            if [[ ${COMPREPLY[0]-} == *: ]]; then compopt -o nospace; fi
        fi
        return
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    if ((COMP_CWORD == 1)); then
        local more
        mapfile -t more < <(compgen -W "$commands" -- "$cur")
        COMPREPLY+=("${more[@]}")
    fi
}
complete -o filenames -F _npsx npsx
