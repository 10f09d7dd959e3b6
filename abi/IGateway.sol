// SPDX-License-Identifier: MIT
pragma solidity ^0.8.4;

interface IGateway {
    function fundValidator(bytes memory publicKey, bytes memory signature, bytes32 depositDataRoot) external payable;
}