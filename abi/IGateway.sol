// SPDX-License-Identifier: MIT
pragma solidity ^0.8.4;

interface IGateway {
    event Deposited(bytes publicKey, uint256 assets);
    event GivenBack(bytes publicKey, uint256 assets);
    event SentBack(uint256 assets, uint256 sentBack);

    function forceExit(bytes memory publicKey) external payable;
    function fundValidator(bytes memory publicKey, bytes memory signature, bytes32 depositDataRoot) external payable;
    function totals() external view returns (uint256 deposited, uint256 unused, uint256 held, uint256 sentBack);
}