// SPDX-License-Identifier: MIT
pragma solidity ^0.8.4;

interface IOrderImage {
    error AlreadyInitialized();
    error AmountTooLarge(uint256 asked, uint256 allowed);
    error NoCode(address account);
    error UnknownFunction(bytes4 selector);
    error ZeroAddress();

    function tokenURI(uint256 id, uint256 shares, uint8 state, uint256 assets, bytes32 symbol) external pure returns (string memory);
}